//! The statement that finds users.

use userbook::{
    UserId, UserType,
    model::{ANONYMOUS_USERNAME, MAX_PARENTS},
    store::{Scope, SuperuserFilter, UserColumn, UserFilter, UserListQuery},
};

use super::{
    Dialect, SearchColumn, Statement, Value,
    query::{Projection, Query, order, push_limit_offset, search, shared_query_methods},
};
use crate::decode::{Decoded, RowExt, required};

impl Query for UserListQuery {
    type Id = UserId;

    shared_query_methods!();

    fn count_whole<D: Dialect>() -> &'static str {
        D::COUNT_USERS
    }

    fn id<R: RowExt>(row: &R) -> Decoded<UserId> {
        required(row, "id", R::integer).map(UserId)
    }

    fn statement<D: Dialect>(&self, what: Projection) -> Statement {
        let select = match what {
            Projection::Page => "SELECT u.id AS id FROM ",
            Projection::Count => "SELECT count(*) AS count FROM ",
            Projection::Documents => "SELECT u.id AS id, u.attributes AS attributes FROM ",
        };
        let mut statement = Statement::new(select, D::NUMBERED);
        let members = Members::wanted(&self.filter);
        let members = from::<D>(&mut statement, &self.filter, &members);
        statement.condition().push("u.username <> ").bind(D::username(ANONYMOUS_USERNAME));
        if let Scope::Only(some) = &self.scope {
            statement.condition().push("u.id");
            D::in_users(&mut statement, some.iter().map(|user| user.0).collect());
        }
        columns::<D>(&mut statement, &self.filter);
        memberships::<D>(&mut statement, &self.filter, members);
        let texts = [
            SearchColumn::Username,
            SearchColumn::Column("u.name"),
            SearchColumn::Column("u.email"),
            SearchColumn::Uuid("u.uuid"),
        ];
        search::<D>(&mut statement, &self.filter.search, &texts);
        if what != Projection::Count {
            order(&mut statement, &self.order, "u.id", is_unique, keys::<D>);
        }
        if what == Projection::Page {
            push_limit_offset(&mut statement, self.offset, self.limit);
        }
        statement
    }
}

/// Adds the conditions on the user's own row.
fn columns<D: Dialect>(statement: &mut Statement, filter: &UserFilter) {
    if let Some(name) = &filter.username {
        statement.condition().push("u.username = ").bind(D::username(name));
    }
    for (column, text) in [("email", &filter.email), ("name", &filter.name), ("path", &filter.path)] {
        if let Some(text) = text {
            D::is(statement.condition(), column, text);
        }
    }
    if let Some(uuid) = filter.uuid {
        statement.condition().push("u.uuid = ").bind(Value::Uuid(uuid));
    }
    if let Some(active) = filter.is_active {
        statement.condition().push("u.is_active = ").bind(Value::Flag(active));
    }
    if let Some(prefix) = filter.path_prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        D::begins(statement.condition(), "path", prefix);
    }
    if !filter.types.is_empty() {
        let types = filter.types.iter().copied().map(UserType::as_str);
        statement.condition().push("u.type IN (");
        statement.bind_all(types.map(|kind| Value::Text(kind.to_owned()))).push(")");
    }
}

/// A filter on memberships. The query starts at the group, so that its cost is that of the members.
#[derive(Debug, Clone, Copy)]
enum Members {
    Groups,
    Names,
    Superusers,
    InheritedSuperusers,
}

impl Members {
    /// The membership filters, the narrowest first.
    fn wanted(filter: &UserFilter) -> Vec<Self> {
        let mut wanted = Vec::new();
        if !filter.groups.is_empty() {
            wanted.push(Self::Groups);
        }
        if !filter.group_names.is_empty() {
            wanted.push(Self::Names);
        }
        if let Some(SuperuserFilter { is_superuser: true, inherited }) = filter.is_superuser {
            wanted.push(if inherited { Self::InheritedSuperusers } else { Self::Superusers });
        }
        wanted
    }

    /// The query for their ids.
    fn push<D: Dialect>(self, statement: &mut Statement, filter: &UserFilter) {
        const OF_GROUPS: &str = "SELECT m.user_id FROM userbook_group AS g \
                                 JOIN userbook_membership AS m ON m.group_id = g.id WHERE ";
        match self {
            Self::Groups => D::members(statement, filter.groups.iter().map(|group| group.0).collect()),
            Self::Names => {
                statement.push(OF_GROUPS);
                D::named(statement, filter.group_names.iter().map(String::as_str));
            }
            Self::Superusers => _ = statement.push(OF_GROUPS).push(D::IS_SUPERUSER),
            Self::InheritedSuperusers => {
                let [before, after] = D::MEMBERS_OF;
                statement.push(before);
                granting::<D>(statement);
                statement.push(after);
            }
        }
    }
}

/// Adds the source of the users; returns the membership filters that are still to be added.
fn from<'m, D: Dialect>(
    statement: &mut Statement,
    filter: &UserFilter,
    members: &'m [Members],
) -> &'m [Members] {
    if let (Some([before, after]), [first, others @ ..]) = (D::DRIVING_SUBQUERY, members) {
        statement.push(before);
        first.push::<D>(statement, filter);
        statement.push(after);
        return others;
    }
    statement.push("userbook_user AS u");
    members
}

/// Adds the conditions on the user's groups.
fn memberships<D: Dialect>(statement: &mut Statement, filter: &UserFilter, members: &[Members]) {
    let [among, end] = D::IN_SUBQUERY;
    for kind in members {
        statement.condition().push("u.id").push(among);
        kind.push::<D>(statement, filter);
        statement.push(end);
    }
    if let Some(SuperuserFilter { is_superuser: false, inherited }) = filter.is_superuser {
        statement.condition().push("NOT EXISTS (SELECT 1 FROM userbook_membership AS m JOIN ");
        if inherited {
            statement.push("(");
            granting::<D>(statement);
            statement.push(") AS g ON g.id = m.group_id WHERE m.user_id = u.id)");
        } else {
            statement.push("userbook_group AS g ON g.id = m.group_id WHERE m.user_id = u.id AND ");
            statement.push(D::IS_SUPERUSER).push(")");
        }
    }
}

/// A query for the ids of the groups that grant superuser status to their direct members: those with the flag, and those
/// below one of them.
fn granting<D: Dialect>(statement: &mut Statement) {
    statement.push("WITH RECURSIVE granting (id, depth) AS (SELECT g.id, 0 FROM userbook_group AS g WHERE ");
    statement.push(D::IS_SUPERUSER).push(
        " UNION SELECT child.id, granting.depth + 1 FROM granting \
         JOIN userbook_group AS child ON child.parent = granting.id WHERE granting.depth < ",
    );
    let bound = i64::try_from(MAX_PARENTS).unwrap_or(i64::MAX);
    statement.bind(Value::Integer(bound)).push(") SELECT DISTINCT id FROM granting");
}

fn is_unique(column: UserColumn) -> bool {
    matches!(column, UserColumn::Id | UserColumn::Username)
}

fn keys<D: Dialect>(column: UserColumn) -> Vec<[&'static str; 3]> {
    let plain = |column| vec![["", column, ""]];
    match column {
        UserColumn::Id => plain("u.id"),
        UserColumn::Username => plain("u.username"),
        UserColumn::Name => vec![D::key("u.name")],
        UserColumn::Email => vec![D::key("u.email")],
        UserColumn::IsActive => plain("u.is_active"),
        UserColumn::LastLogin => vec![["", "u.last_login IS NULL", ""], ["", "u.last_login", ""]],
        UserColumn::Path => vec![D::key("u.path")],
        UserColumn::Type => vec![D::key("u.type")],
        UserColumn::Uuid => plain("u.uuid"),
        UserColumn::PasswordChangeDate => plain("u.password_change_date"),
    }
}
