//! The statement that finds users.

use std::collections::BTreeSet;

use userbook::{
    GroupId, UserId, UserType,
    model::{ANONYMOUS_USERNAME, MAX_PARENTS},
    store::{
        ContentFilter, ExternalIdFilter, PathListQuery, RowContent, Scope, SuperuserFilter, TimeColumn,
        TimeCondition, TimeTest, UserColumn, UserFilter, UserListQuery, UserSet,
    },
};

use super::{
    ListStatement,
    query::{Projection, Query, Selection, order, push_external_id, push_limit_offset},
    scope::{push_condition, push_ids},
};
use crate::{
    backend::Backend,
    claims::looked_up,
    decode::{self, Decoded, RowExt, required},
    encode::saturating,
    statement::Statement,
    statements,
    value::Value,
};

impl Query for UserListQuery {
    type Id = UserId;

    fn selection(&self) -> Selection {
        let content = ContentFilter::of_users(&self.filter);
        Selection::new((&self.scope, &self.filter), content, (self.offset, self.limit))
    }

    fn count_whole() -> &'static Statement {
        &statements::COUNT_USERS
    }

    fn id<R: RowExt>(row: &R) -> Decoded<UserId> {
        required(row, "id", R::integer).map(UserId)
    }

    fn matches<R: RowExt>(row: &R, content: &ContentFilter) -> Decoded<(bool, usize)> {
        let [name, email] = [required(row, "name", R::text)?, required(row, "email", R::text)?];
        let (username, attributes) = (required(row, "username", R::text)?, decode::attributes(row)?);
        let found = content.matches(RowContent::User {
            username: &username,
            name: &name,
            email: &email,
            uuid: required(row, "uuid", R::uuid)?,
            is_active: required(row, "is_active", R::flag)?,
            attributes: &attributes,
        });
        Ok((found, username.len() + name.len() + email.len() + row.text_len("attributes")?))
    }

    fn statement<B: Backend>(&self, what: Projection) -> ListStatement {
        let select = match what {
            Projection::Page => "SELECT u.id AS id FROM ",
            Projection::Count => "SELECT count(*) AS count FROM ",
            Projection::Content => CONTENT,
        };
        let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
        conditions::<B>(&mut statement, &self.scope, &self.filter);
        if what != Projection::Count {
            let range = time_range(&self.filter);
            order(&mut statement, &self.order, "u.id", is_unique, |column| keys_beside::<B>(range, column));
        }
        if what == Projection::Page {
            push_limit_offset(&mut statement, self.offset, self.limit);
        }
        statement
    }
}

/// All rows with everything that a [`ContentFilter`] needs.
const CONTENT: &str = "SELECT u.id AS id, u.username AS username, u.name AS name, u.email AS email, \
                       u.uuid AS uuid, u.is_active AS is_active, u.path AS path, \
                       u.attributes AS attributes FROM ";

/// The statement that finds paths: each path once, or the paths of all rows with their content.
pub(crate) fn paths<B: Backend>(query: &PathListQuery, with_content: bool, limit: u64) -> ListStatement {
    let select = if with_content { CONTENT } else { "SELECT min(u.path) AS path FROM " };
    let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
    conditions::<B>(&mut statement, &query.scope, &query.filter);
    if !with_content {
        statement.push("\nGROUP BY ");
        for piece in B::key("u.path") {
            statement.push(piece);
        }
        statement.push("\nLIMIT ").bind(saturating(limit));
    }
    statement
}

/// The statement that finds the members of these groups who belong to the set.
pub(crate) fn members_in<B: Backend>(groups: &[GroupId], set: &UserSet, limit: u64) -> ListStatement {
    let select = "SELECT DISTINCT m.user_id AS id FROM userbook_membership AS m \
                  JOIN userbook_user AS u ON u.id = m.user_id";
    let mut statement = ListStatement::new(select, B::PLACEHOLDERS);
    statement.condition().push("m.group_id");
    B::in_groups(&mut statement, groups.iter().map(|group| group.0).collect());
    push_condition::<B>(statement.condition(), set);
    statement.push("\nLIMIT ").bind(saturating(limit));
    statement
}

/// Adds the source of the rows and all conditions, except words and attributes.
fn conditions<B: Backend>(statement: &mut ListStatement, scope: &Scope<UserId>, filter: &UserFilter) {
    let members = Members::wanted(filter, scope);
    let members = from::<B>(statement, &members);
    statement.condition().push("u.username <> ").bind(Value::username(Some(ANONYMOUS_USERNAME)));
    if let Scope::Only(some) = scope
        && checks_each_user(some, filter)
    {
        push_condition::<B>(statement.condition(), some);
    }
    columns::<B>(statement, filter);
    if let Some(external) = filter.external_id.as_ref().filter(|_| starts_at_the_user(filter)) {
        statement
            .condition()
            .push("EXISTS (SELECT 1 FROM userbook_user_external_id AS x WHERE x.user_id = u.id AND ");
        push_external_id(statement, external);
        statement.push(")");
    }
    memberships::<B>(statement, filter, members);
}

/// Whether a scope is checked for each user that the filter leaves, rather than read as a whole.
fn checks_each_user(set: &UserSet, filter: &UserFilter) -> bool {
    set.is_by_id() || is_named(filter)
}

/// Whether the filter names few users.
fn is_named(filter: &UserFilter) -> bool {
    !(filter.ids.is_empty() && filter.usernames.is_empty() && filter.uuids.is_empty())
        || filter.folded_name.is_some()
        || filter.email.is_some()
        || filter.name.is_some()
}

/// Whether a filter on external ids looks at few users, rather than at all that a source manages.
fn starts_at_the_user(filter: &UserFilter) -> bool {
    let is_one = filter.external_id.as_ref().is_some_and(|external| external.identifier.is_some());
    is_named(filter) && !is_one
}

/// Adds the conditions on the user's own row.
fn columns<B: Backend>(statement: &mut ListStatement, filter: &UserFilter) {
    if !filter.ids.is_empty() {
        statement.condition().push("u.id");
        B::in_users(statement, filter.ids.iter().map(|user| user.0).collect());
    }
    if !filter.usernames.is_empty() {
        let usernames = filter.usernames.iter().map(|name| Value::Username(Some(name.clone().into())));
        statement.condition().push("u.username IN (").bind_all(usernames).push(")");
    }
    for (column, text) in [("email", &filter.email), ("name", &filter.name), ("path", &filter.path)] {
        if let Some(text) = text {
            B::is(statement.condition(), column, text);
        }
    }
    if let Some(name) = &filter.folded_name {
        statement.condition().push("u.id IN (SELECT c.user_id FROM userbook_claim AS c WHERE c.digest = ");
        statement.bind(looked_up(Some(name))).push(")");
    }
    if !filter.uuids.is_empty() {
        let uuids = filter.uuids.iter().copied().map(Value::from);
        statement.condition().push("u.uuid IN (").bind_all(uuids).push(")");
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
    for condition in &filter.times {
        time(statement.condition(), *condition);
    }
}

/// Adds a condition on a time. The comparison with a missing time is NULL, which is not true.
fn time(statement: &mut ListStatement, TimeCondition { column, test }: TimeCondition) {
    statement.push(match column {
        TimeColumn::LastLogin => "u.last_login",
        TimeColumn::CreatedAt => "u.created_at",
        TimeColumn::UpdatedAt => "u.updated_at",
    });
    match test {
        TimeTest::At(time) => statement.push(" = ").bind(time),
        TimeTest::After(time) => statement.push(" > ").bind(time),
        TimeTest::Before(time) => statement.push(" < ").bind(time),
        TimeTest::IsMissing(true) => statement.push(" IS NULL"),
        TimeTest::IsMissing(false) => statement.push(" IS NOT NULL"),
    };
}

/// A filter on memberships or external ids, or a scope. The query starts at the group or at the source: its cost is
/// proportional to what they have.
#[derive(Debug, Clone, Copy)]
enum Members<'f> {
    Groups(&'f BTreeSet<GroupId>),
    Superusers,
    InheritedSuperusers,
    External(&'f ExternalIdFilter),
    Scope(&'f UserSet),
}

impl<'f> Members<'f> {
    /// The membership filters, the narrowest first.
    fn wanted(filter: &'f UserFilter, scope: &'f Scope<UserId>) -> Vec<Self> {
        let external = filter.external_id.as_ref().filter(|_| !starts_at_the_user(filter));
        let mut wanted: Vec<_> = external.map(Self::External).into_iter().collect();
        wanted.extend(filter.groups.iter().map(Self::Groups));
        if let Some(SuperuserFilter { is_superuser: true, inherited }) = filter.is_superuser {
            wanted.push(if inherited { Self::InheritedSuperusers } else { Self::Superusers });
        }
        if let Scope::Only(set) = scope
            && !checks_each_user(set, filter)
        {
            wanted.push(Self::Scope(set));
        }
        wanted
    }

    /// The query for their ids.
    fn push<B: Backend>(self, statement: &mut ListStatement) {
        match self {
            Self::External(filter) => {
                statement.push("SELECT x.user_id FROM userbook_user_external_id AS x WHERE ");
                push_external_id(statement, filter);
            }
            Self::Groups(groups) => B::members(statement, groups.iter().map(|group| group.0).collect()),
            Self::Scope(set) => push_ids::<B>(statement, set),
            Self::Superusers => {
                statement.push(
                    "SELECT m.user_id FROM userbook_group AS g \
                     JOIN userbook_membership AS m ON m.group_id = g.id WHERE ",
                );
                statement.push(B::IS_SUPERUSER);
            }
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
fn from<'m, B: Backend>(statement: &mut ListStatement, members: &'m [Members<'m>]) -> &'m [Members<'m>] {
    if let (Some([before, after]), [first, others @ ..]) = (B::DRIVING_SUBQUERY, members) {
        statement.push(before);
        first.push::<B>(statement);
        statement.push(after);
        return others;
    }
    statement.push("userbook_user AS u");
    members
}

/// Adds the conditions on the user's groups.
fn memberships<B: Backend>(statement: &mut ListStatement, filter: &UserFilter, members: &[Members<'_>]) {
    let [among, end] = B::IN_SUBQUERY;
    for kind in members {
        statement.condition().push("u.id").push(among);
        kind.push::<B>(statement);
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

/// Returns the column of an index that a range of times can use.
fn time_range(filter: &UserFilter) -> Option<UserColumn> {
    filter.times.iter().find_map(|condition| match (condition.column, condition.test) {
        (TimeColumn::LastLogin, _) | (_, TimeTest::IsMissing(_)) => None,
        (TimeColumn::CreatedAt, _) => Some(UserColumn::CreatedAt),
        (TimeColumn::UpdatedAt, _) => Some(UserColumn::UpdatedAt),
    })
}

/// Returns the keys of a column. Rows in the range of another column are found by the range, then sorted.
fn keys_beside<B: Backend>(range: Option<UserColumn>, column: UserColumn) -> Vec<[&'static str; 3]> {
    let mut keys = keys::<B>(column);
    if let (true, [[before @ "", ..]]) = (range.is_some_and(|range| range != column), keys.as_mut_slice()) {
        *before = B::SORTED;
    }
    keys
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
