//! The statement that finds groups.

use userbook::{
    GroupId,
    store::{ContentFilter, GroupColumn, GroupFilter, GroupListQuery, RowContent, Scope},
};

use super::{
    ListStatement,
    query::{Projection, Query, Selection, order, push_external_id, push_limit_offset},
};
use crate::{
    backend::Backend,
    decode::{self, Decoded, RowExt, required},
    statement::Statement,
    statements,
};

impl Query for GroupListQuery {
    type Id = GroupId;

    fn selection(&self) -> Selection {
        let content = ContentFilter::of_groups(&self.filter);
        Selection::new((&self.scope, &self.filter), content, (self.offset, self.limit))
    }

    fn count_whole() -> &'static Statement {
        &statements::COUNT_GROUPS
    }

    fn id<R: RowExt>(row: &R) -> Decoded<GroupId> {
        decode::group_id(row)
    }

    fn matches<R: RowExt>(row: &R, content: &ContentFilter) -> Decoded<(bool, usize)> {
        let name = required(row, "name", R::text)?;
        let attributes = decode::attributes(row)?;
        let is_superuser = required(row, "is_superuser", R::flag)?;
        let found = content.matches(RowContent::Group { name: &name, is_superuser, attributes: &attributes });
        Ok((found, name.len() + row.text_len("attributes")?))
    }

    fn statement<B: Backend>(&self, what: Projection) -> ListStatement {
        let select = match what {
            Projection::Page => "SELECT g.id AS uuid FROM userbook_group AS g",
            Projection::Count => "SELECT count(*) AS count FROM userbook_group AS g",
            Projection::Content => {
                "SELECT g.id AS uuid, g.name AS name, g.is_superuser AS is_superuser, \
                 g.attributes AS attributes FROM userbook_group AS g"
            }
        };
        let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
        if let Scope::Only(some) = &self.scope {
            statement.condition().push("g.id");
            B::in_groups(&mut statement, some.iter().map(|group| group.0).collect());
        }
        conditions::<B>(&mut statement, &self.filter);
        if what != Projection::Count {
            order(&mut statement, &self.order, "g.id", is_unique, keys::<B>);
        }
        if what == Projection::Page {
            push_limit_offset(&mut statement, self.offset, self.limit);
        }
        statement
    }
}

fn conditions<B: Backend>(statement: &mut ListStatement, filter: &GroupFilter) {
    let [among, end] = B::IN_SUBQUERY;
    if !filter.ids.is_empty() {
        statement.condition().push("g.id");
        B::in_groups(statement, filter.ids.iter().map(|group| group.0).collect());
    }
    if !filter.names.is_empty() {
        B::named(statement.condition(), filter.names.iter().map(String::as_str));
    }
    match filter.is_superuser {
        None => {}
        Some(true) => _ = statement.condition().push(B::IS_SUPERUSER),
        Some(false) => _ = statement.condition().push("NOT (").push(B::IS_SUPERUSER).push(")"),
    }
    if !filter.parents.is_empty() {
        statement.condition().push("g.parent");
        B::in_groups(statement, filter.parents.iter().map(|group| group.0).collect());
    }
    if let Some(external) = &filter.external_id {
        let is_named = !(filter.ids.is_empty() && filter.names.is_empty()) && external.identifier.is_none();
        statement.condition();
        if is_named {
            statement
                .push("EXISTS (SELECT 1 FROM userbook_group_external_id AS x WHERE x.group_id = g.id AND ");
        } else {
            statement.push("g.id").push(among);
            statement.push("SELECT x.group_id FROM userbook_group_external_id AS x WHERE ");
        }
        push_external_id(statement, external);
        statement.push(if is_named { ")" } else { end });
    }
    for members in &filter.members {
        statement.condition().push("g.id").push(among);
        B::memberships(statement, members.iter().map(|user| user.0).collect());
        statement.push(end);
    }
}

fn is_unique(column: GroupColumn) -> bool {
    matches!(column, GroupColumn::Id)
}

fn keys<B: Backend>(column: GroupColumn) -> Vec<[&'static str; 3]> {
    match column {
        GroupColumn::Id => vec![["", "g.id", ""]],
        GroupColumn::Name => vec![B::key("g.name")],
        GroupColumn::IsSuperuser => vec![["", "g.is_superuser", ""]],
        GroupColumn::Parent => vec![["", "g.parent IS NULL", ""], ["", "g.parent", ""]],
        GroupColumn::CreatedAt => vec![["", "g.created_at", ""]],
        GroupColumn::UpdatedAt => vec![["", "g.updated_at", ""]],
    }
}
