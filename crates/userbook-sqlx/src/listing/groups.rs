//! The statement that finds groups.

use userbook::{
    GroupId,
    store::{GroupColumn, GroupFilter, GroupListQuery, Scope},
};

use super::{
    ListStatement, SearchColumn,
    query::{Projection, Query, Selection, order, push_limit_offset, search},
};
use crate::{
    backend::Backend,
    decode::{self, Decoded, RowExt},
    statement::Statement,
    value::Value,
};

impl Query for GroupListQuery {
    type Id = GroupId;

    fn selection(&self) -> Selection<'_> {
        let attributes = self.filter.attributes.as_ref();
        Selection::new((&self.scope, &self.filter), attributes, (self.offset, self.limit))
    }

    fn count_whole<B: Backend>() -> &'static Statement {
        &B::statements().count_groups
    }

    fn id<R: RowExt>(row: &R) -> Decoded<GroupId> {
        decode::group_id(row)
    }

    fn statement<B: Backend>(&self, what: Projection) -> ListStatement {
        let select = match what {
            Projection::Page => "SELECT g.id AS uuid FROM userbook_group AS g",
            Projection::Count => "SELECT count(*) AS count FROM userbook_group AS g",
            Projection::Documents => {
                "SELECT g.id AS uuid, g.attributes AS attributes FROM userbook_group AS g"
            }
        };
        let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
        if let Scope::Only(some) = &self.scope {
            statement.condition().push("g.id");
            B::in_groups(&mut statement, some.iter().map(|group| group.0).collect());
        }
        conditions::<B>(&mut statement, &self.filter);
        search::<B>(&mut statement, &self.filter.search, &[SearchColumn::Column("g.name")]);
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
    if let Some(id) = filter.id {
        statement.condition().push("g.id = ").bind(id.0);
    }
    if let Some(name) = &filter.name {
        B::named(statement.condition(), [name.as_str()]);
    }
    match filter.is_superuser {
        None => {}
        Some(true) => _ = statement.condition().push(B::IS_SUPERUSER),
        Some(false) => _ = statement.condition().push("NOT (").push(B::IS_SUPERUSER).push(")"),
    }
    if !filter.members.is_empty() {
        statement.condition().push("g.id").push(among);
        B::memberships(statement, filter.members.iter().map(|user| user.0).collect());
        statement.push(end);
    }
    if !filter.member_names.is_empty() {
        statement.condition().push("g.id").push(among).push(
            "SELECT m.group_id FROM userbook_user AS u \
             JOIN userbook_membership AS m ON m.user_id = u.id WHERE u.username IN (",
        );
        statement
            .bind_all(filter.member_names.iter().map(|name| Value::Username(Some(name.clone().into()))))
            .push(")")
            .push(end);
    }
}

fn is_unique(column: GroupColumn) -> bool {
    matches!(column, GroupColumn::Id | GroupColumn::Name)
}

fn keys<B: Backend>(column: GroupColumn) -> Vec<[&'static str; 3]> {
    match column {
        GroupColumn::Id => vec![["", "g.id", ""]],
        GroupColumn::Name => vec![B::key("g.name")],
        GroupColumn::IsSuperuser => vec![["", "g.is_superuser", ""]],
        GroupColumn::CreatedAt => vec![["", "g.created_at", ""]],
        GroupColumn::UpdatedAt => vec![["", "g.updated_at", ""]],
    }
}
