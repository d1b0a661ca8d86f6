//! The statement that finds groups.

use userbook::{
    GroupId,
    store::{GroupColumn, GroupFilter, GroupListQuery, Scope},
};

use super::{
    Dialect, SearchColumn, Statement, Value,
    query::{Projection, Query, order, push_limit_offset, search, shared_query_methods},
};
use crate::decode::{self, Decoded, RowExt};

impl Query for GroupListQuery {
    type Id = GroupId;

    shared_query_methods!();

    fn count_whole<D: Dialect>() -> &'static str {
        D::COUNT_GROUPS
    }

    fn id<R: RowExt>(row: &R) -> Decoded<GroupId> {
        decode::group_id(row)
    }

    fn statement<D: Dialect>(&self, what: Projection) -> Statement {
        let select = match what {
            Projection::Page => "SELECT g.id AS uuid FROM userbook_group AS g",
            Projection::Count => "SELECT count(*) AS count FROM userbook_group AS g",
            Projection::Documents => {
                "SELECT g.id AS uuid, g.attributes AS attributes FROM userbook_group AS g"
            }
        };
        let mut statement = Statement::new(select, D::NUMBERED);
        if let Scope::Only(some) = &self.scope {
            statement.condition().push("g.id");
            D::in_groups(&mut statement, some.iter().map(|group| group.0).collect());
        }
        conditions::<D>(&mut statement, &self.filter);
        search::<D>(&mut statement, &self.filter.search, &[SearchColumn::Column("g.name")]);
        if what != Projection::Count {
            order(&mut statement, &self.order, "g.id", is_unique, keys::<D>);
        }
        if what == Projection::Page {
            push_limit_offset(&mut statement, self.offset, self.limit);
        }
        statement
    }
}

fn conditions<D: Dialect>(statement: &mut Statement, filter: &GroupFilter) {
    let [among, end] = D::IN_SUBQUERY;
    if let Some(id) = filter.id {
        statement.condition().push("g.id = ").bind(Value::Uuid(id.0));
    }
    if let Some(name) = &filter.name {
        D::named(statement.condition(), [name.as_str()]);
    }
    match filter.is_superuser {
        None => {}
        Some(true) => _ = statement.condition().push(D::IS_SUPERUSER),
        Some(false) => _ = statement.condition().push("NOT (").push(D::IS_SUPERUSER).push(")"),
    }
    if !filter.members.is_empty() {
        statement.condition().push("g.id").push(among);
        D::memberships(statement, filter.members.iter().map(|user| user.0).collect());
        statement.push(end);
    }
    if !filter.member_names.is_empty() {
        statement.condition().push("g.id").push(among).push(
            "SELECT m.group_id FROM userbook_user AS u \
             JOIN userbook_membership AS m ON m.user_id = u.id WHERE u.username IN (",
        );
        statement.bind_all(filter.member_names.iter().map(|name| D::username(name))).push(")").push(end);
    }
}

fn is_unique(column: GroupColumn) -> bool {
    matches!(column, GroupColumn::Id | GroupColumn::Name)
}

fn keys<D: Dialect>(column: GroupColumn) -> Vec<[&'static str; 3]> {
    match column {
        GroupColumn::Id => vec![["", "g.id", ""]],
        GroupColumn::Name => vec![D::key("g.name")],
        GroupColumn::IsSuperuser => vec![["", "g.is_superuser", ""]],
    }
}
