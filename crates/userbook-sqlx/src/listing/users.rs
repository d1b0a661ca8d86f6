//! The statement that finds users.

use userbook::{
    UserId, UserType,
    model::{ANONYMOUS_USERNAME, MAX_PARENTS},
    store::{Scope, SuperuserFilter, UserColumn, UserFilter, UserListQuery},
};

use super::{
    ListStatement, SearchColumn,
    query::{Projection, Query, Selection, order, push_limit_offset, search},
};
use crate::{
    backend::Backend,
    decode::{Decoded, RowExt, required},
    statement::Statement,
    value::Value,
};

impl Query for UserListQuery {
    type Id = UserId;

    fn selection(&self) -> Selection<'_> {
        let attributes = self.filter.attributes.as_ref();
        Selection::new((&self.scope, &self.filter), attributes, (self.offset, self.limit))
    }

    fn count_whole<B: Backend>() -> &'static Statement {
        &B::statements().count_users
    }

    fn id<R: RowExt>(row: &R) -> Decoded<UserId> {
        required(row, "id", R::integer).map(UserId)
    }

    fn statement<B: Backend>(&self, what: Projection) -> ListStatement {
        let select = match what {
            Projection::Page => "SELECT u.id AS id FROM ",
            Projection::Count => "SELECT count(*) AS count FROM ",
            Projection::Documents => "SELECT u.id AS id, u.attributes AS attributes FROM ",
        };
        let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
        let members = Members::wanted(&self.filter);
        let members = from::<B>(&mut statement, &self.filter, &members);
        statement.condition().push("u.username <> ").bind(Value::username(Some(ANONYMOUS_USERNAME)));
        if let Scope::Only(some) = &self.scope {
            statement.condition().push("u.id");
            B::in_users(&mut statement, some.iter().map(|user| user.0).collect());
        }
        columns::<B>(&mut statement, &self.filter);
        memberships::<B>(&mut statement, &self.filter, members);
        let texts = [
            SearchColumn::Username,
            SearchColumn::Column("u.name"),
            SearchColumn::Column("u.email"),
            SearchColumn::Uuid("u.uuid"),
        ];
        search::<B>(&mut statement, &self.filter.search, &texts);
        if what != Projection::Count {
            order(&mut statement, &self.order, "u.id", is_unique, keys::<B>);
        }
        if what == Projection::Page {
            push_limit_offset(&mut statement, self.offset, self.limit);
        }
        statement
    }
}

/// Adds the conditions on the user's own row.
fn columns<B: Backend>(statement: &mut ListStatement, filter: &UserFilter) {
    if let Some(name) = &filter.username {
        statement.condition().push("u.username = ").bind(Value::Username(Some(name.clone().into())));
    }
    for (column, text) in [("email", &filter.email), ("name", &filter.name), ("path", &filter.path)] {
        if let Some(text) = text {
            B::is(statement.condition(), column, text);
        }
    }
    if let Some(uuid) = filter.uuid {
        statement.condition().push("u.uuid = ").bind(uuid);
    }
    if let Some(active) = filter.is_active {
        statement.condition().push("u.is_active = ").bind(active);
    }
    if let Some(prefix) = filter.path_prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        B::begins(statement.condition(), "path", prefix);
    }
    if !filter.types.is_empty() {
        let types = filter.types.iter().copied().map(UserType::as_str);
        statement.condition().push("u.type IN (");
        statement.bind_all(types.map(Value::from)).push(")");
    }
}

/// A filter on memberships. The query starts at the group: its cost is proportional to the members.
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
    fn push<B: Backend>(self, statement: &mut ListStatement, filter: &UserFilter) {
        const OF_GROUPS: &str = "SELECT m.user_id FROM userbook_group AS g \
                                 JOIN userbook_membership AS m ON m.group_id = g.id WHERE ";
        match self {
            Self::Groups => B::members(statement, filter.groups.iter().map(|group| group.0).collect()),
            Self::Names => {
                statement.push(OF_GROUPS);
                B::named(statement, filter.group_names.iter().map(String::as_str));
            }
            Self::Superusers => _ = statement.push(OF_GROUPS).push(B::IS_SUPERUSER),
            Self::InheritedSuperusers => {
                let [before, after] = B::MEMBERS_OF;
                statement.push(before);
                granting::<B>(statement);
                statement.push(after);
            }
        }
    }
}

/// Adds the source of the users; returns the membership filters that are still to be added.
fn from<'m, B: Backend>(
    statement: &mut ListStatement,
    filter: &UserFilter,
    members: &'m [Members],
) -> &'m [Members] {
    if let (Some([before, after]), [first, others @ ..]) = (B::DRIVING_SUBQUERY, members) {
        statement.push(before);
        first.push::<B>(statement, filter);
        statement.push(after);
        return others;
    }
    statement.push("userbook_user AS u");
    members
}

/// Adds the conditions on the user's groups.
fn memberships<B: Backend>(statement: &mut ListStatement, filter: &UserFilter, members: &[Members]) {
    let [among, end] = B::IN_SUBQUERY;
    for kind in members {
        statement.condition().push("u.id").push(among);
        kind.push::<B>(statement, filter);
        statement.push(end);
    }
    if let Some(SuperuserFilter { is_superuser: false, inherited }) = filter.is_superuser {
        statement.condition().push("NOT EXISTS (SELECT 1 FROM userbook_membership AS m JOIN ");
        if inherited {
            statement.push("(");
            granting::<B>(statement);
            statement.push(") AS g ON g.id = m.group_id WHERE m.user_id = u.id)");
        } else {
            statement.push("userbook_group AS g ON g.id = m.group_id WHERE m.user_id = u.id AND ");
            statement.push(B::IS_SUPERUSER).push(")");
        }
    }
}

/// A query for the ids of the groups that grant superuser status to their direct members: groups with the flag, and
/// groups below one of them.
fn granting<B: Backend>(statement: &mut ListStatement) {
    statement.push("WITH RECURSIVE granting (id, depth) AS (SELECT g.id, 0 FROM userbook_group AS g WHERE ");
    statement.push(B::IS_SUPERUSER).push(
        " UNION SELECT child.id, granting.depth + 1 FROM granting \
         JOIN userbook_group AS child ON child.parent = granting.id WHERE granting.depth < ",
    );
    let bound = i64::try_from(MAX_PARENTS).unwrap_or(i64::MAX);
    statement.bind(bound).push(") SELECT DISTINCT id FROM granting");
}

fn is_unique(column: UserColumn) -> bool {
    matches!(column, UserColumn::Id | UserColumn::Username)
}

fn keys<B: Backend>(column: UserColumn) -> Vec<[&'static str; 3]> {
    let plain = |column| vec![["", column, ""]];
    match column {
        UserColumn::Id => plain("u.id"),
        UserColumn::Username => plain("u.username"),
        UserColumn::Name => vec![B::key("u.name")],
        UserColumn::Email => vec![B::key("u.email")],
        UserColumn::IsActive => plain("u.is_active"),
        UserColumn::LastLogin => vec![["", "u.last_login IS NULL", ""], ["", "u.last_login", ""]],
        UserColumn::Path => vec![B::key("u.path")],
        UserColumn::Type => vec![B::key("u.type")],
        UserColumn::Uuid => plain("u.uuid"),
        UserColumn::PasswordChangeDate => plain("u.password_change_date"),
        UserColumn::CreatedAt => plain("u.created_at"),
        UserColumn::UpdatedAt => plain("u.updated_at"),
    }
}
