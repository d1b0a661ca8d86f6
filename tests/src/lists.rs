//! A large directory with few matches for each filter, and queries whose cost must depend on the matches only.

use serde_json::json;
use userbook::{
    Group, Timestamp, User, UserId, UserType,
    model::ExternalSource,
    store::{
        ExternalIdFilter, ImportData, Order, Scope, SuperuserFilter, TimeColumn, TimeCondition, TimeTest,
        UserColumn, UserFilter, UserListQuery, UserSet,
    },
};
use uuid::Uuid;

use crate::rows::{group, user};

const MANY: i64 = 20_000;
/// The number of matches of a filter that is not unique.
pub const FEW: u64 = 20;

/// Every thousandth user has another path and type, is inactive, and is a member of groups 1 and 2. An external source
/// manages all users.
pub fn directory() -> ImportData {
    let made = |id: i64| {
        let few = id % (MANY / 20) == 0;
        User {
            created_at: moment(id),
            updated_at: moment(MANY - id),
            uuid: Uuid::from_u128(id.unsigned_abs().into()),
            username: format!("user{id:06}"),
            name: format!("User {id}"),
            email: format!("user{id}@example.org"),
            path: if few { "users/few" } else { "users" }.to_owned(),
            user_type: if few { UserType::External } else { UserType::Internal },
            is_active: !few,
            groups: if few { [group(1).id, group(2).id].into() } else { [group(3).id].into() },
            attributes: json!({"emails": [{"value": format!("home{id}@example.org"), "type": "home"}]})
                .into(),
            external_ids: [(source(), Some(format!("ext-{id}")))].into_iter().collect(),
            ..user(id)
        }
    };
    let groups = vec![group(1), Group { is_superuser: true, ..group(2) }, group(3)];
    ImportData { users: (1..=MANY).map(made).collect(), groups, ..ImportData::default() }
}

fn source() -> ExternalSource {
    "scim:okta".parse().expect("a name")
}

/// Returns the searches of an identity provider that manages all users, with their number of matches.
fn searches_of_a_source() -> Vec<(UserFilter, u64)> {
    let managed = |identifier: Option<&str>| UserFilter {
        external_id: Some(ExternalIdFilter { source: source(), identifier: identifier.map(str::to_owned) }),
        ..UserFilter::default()
    };
    let further = |address: &str| UserFilter { further_address: Some(address.to_owned()), ..managed(None) };
    let folded = |name: &str| UserFilter { folded_name: Some(name.to_owned()), ..managed(None) };
    vec![
        (managed(Some("ext-777")), 1),
        (managed(Some("ext-0")), 0),
        (folded("USER000777"), 1),
        (folded("user777@EXAMPLE.org"), 1),
        (folded("missing"), 0),
        (further("HOME777@example.org"), 1),
        (further("missing"), 0),
        (UserFilter { uuids: [Uuid::from_u128(777)].into(), ..managed(None) }, 1),
        (UserFilter { uuids: [Uuid::from_u128(0)].into(), ..managed(None) }, 0),
    ]
}

/// Returns queries with their number of matches.
pub fn queries() -> Vec<(UserListQuery, u64)> {
    let one = UserFilter::default;
    let some = |id: i64| directory_user(id);
    let superusers = |inherited| Some(SuperuserFilter { is_superuser: true, inherited });
    let at = |column, test| UserFilter { times: vec![TimeCondition { column, test }], ..one() };
    let query = |filter| UserListQuery {
        scope: Scope::Everything,
        filter,
        order: vec![Order { column: UserColumn::Username, descending: false }],
        offset: 0,
        limit: 10,
        max_bytes: 1 << 24,
    };
    let [username, name, email] = some(777);
    let only = (1..=20).map(|n| UserId(n * 900)).collect();
    let of_a_source = searches_of_a_source().into_iter().map(|(filter, count)| (query(filter), count));
    let of_a_host = vec![
        (query(one()), MANY.unsigned_abs()),
        (query(UserFilter { usernames: [username].into(), ..one() }), 1),
        (query(UserFilter { name: Some(name), ..one() }), 1),
        (query(UserFilter { email: Some(email), ..one() }), 1),
        (query(UserFilter { uuids: [Uuid::from_u128(777)].into(), ..one() }), 1),
        (query(UserFilter { path: Some("users/few".to_owned()), ..one() }), FEW),
        (query(UserFilter { path_prefix: Some("users/".to_owned()), ..one() }), FEW),
        (query(UserFilter { types: [UserType::External].into(), ..one() }), FEW),
        (query(UserFilter { is_active: Some(false), ..one() }), FEW),
        (query(UserFilter { is_superuser: superusers(false), ..one() }), FEW),
        (query(UserFilter { is_superuser: superusers(true), ..one() }), FEW),
        (query(UserFilter { groups: vec![[group(1).id].into()], ..one() }), FEW),
        (query(UserFilter { groups: vec![[group(1).id].into(), [group(2).id].into()], ..one() }), FEW),
        (query(UserFilter { ids: (1..=20).map(UserId).collect(), ..one() }), FEW),
        (query(at(TimeColumn::CreatedAt, TimeTest::At(moment(777)))), 1),
        (query(at(TimeColumn::CreatedAt, TimeTest::Before(moment(21)))), FEW),
        (query(at(TimeColumn::UpdatedAt, TimeTest::Before(moment(20)))), FEW),
        (UserListQuery { scope: Scope::Only(only), ..query(one()) }, FEW),
        (UserListQuery { scope: Scope::Only(UserSet::default().path("users/few")), ..query(one()) }, FEW),
        (
            UserListQuery { scope: Scope::Only(UserSet::default().members_of(group(1).id)), ..query(one()) },
            FEW,
        ),
        (
            UserListQuery {
                scope: Scope::Only(UserSet::default().path("users/few").members_of(group(2).id)),
                ..query(one())
            },
            FEW,
        ),
    ];
    of_a_host.into_iter().chain(of_a_source).collect()
}

/// Returns the time of creation of a user.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(seconds.unsigned_abs())
}

fn directory_user(id: i64) -> [String; 3] {
    [format!("user{id:06}"), format!("User {id}"), format!("user{id}@example.org")]
}
