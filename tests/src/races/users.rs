//! The users and groups of the races.

use userbook::{
    Actor, Group, GroupId, NewGroup, Policy, StaticPermissions, Timestamp, User, UserId, UserService,
    UserStore, UserUpdate,
    clock::RandomIds,
    event::Event,
    store::{ImportData, ImportOutcome, ImportStore, Outbox, OutboxLimit, SnapshotQuery},
};
use uuid::Uuid;

use super::{Ground, Service, YieldingAuthorizer};

const ALL: OutboxLimit = OutboxLimit { events: u32::MAX, bytes: u64::MAX };

/// Grants superuser status.
pub(super) const ADMINS: GroupId = GroupId(Uuid::from_u128(1));
/// An ordinary group at first.
pub(super) const TEAM: GroupId = GroupId(Uuid::from_u128(2));
/// Granting groups, one for each of [`CHIEFS`] where a race needs them.
pub(super) const OWN: [GroupId; 3] =
    [GroupId(Uuid::from_u128(3)), GroupId(Uuid::from_u128(4)), GroupId(Uuid::from_u128(5))];

/// The superusers.
pub(super) const CHIEFS: [UserId; 3] = [UserId(1), UserId(2), UserId(3)];
/// May view and change users, without further permissions.
pub(super) const HELPER: UserId = UserId(4);
/// An ordinary user.
pub(super) const ANN: UserId = UserId(5);

fn user(id: UserId, groups: &[GroupId]) -> User {
    let uuid = Uuid::from_u128(id.0.unsigned_abs().into());
    let since = Timestamp::UNIX_EPOCH;
    let groups = groups.iter().copied().collect();
    User { groups, ..User::imported(id, uuid, format!("user {id}"), since, &RandomIds) }
}

/// Opens an environment with this many chiefs in their shared group, the helper, and Ann.
pub(super) async fn ground<G: Ground>(chiefs: usize) -> G {
    let group = |id: GroupId, is_superuser| {
        let plain = Group::imported(id, format!("group {id}"), Timestamp::UNIX_EPOCH);
        Group { is_superuser, ..plain }
    };
    let chiefs = CHIEFS.iter().take(chiefs).map(|chief| user(*chief, &[ADMINS]));
    let rows = ImportData {
        install_id: "races".to_owned(),
        groups: [group(ADMINS, true), group(TEAM, false)]
            .into_iter()
            .chain(OWN.iter().map(|own| group(*own, true)))
            .collect(),
        users: chiefs.chain([user(HELPER, &[]), user(ANN, &[])]).collect(),
    };
    let ground = G::open().await;
    let outcome = ground.store().import(&rows).await.expect("seeds");
    assert_eq!(outcome, ImportOutcome::Imported);
    ground
}

pub(super) async fn stored<G: Ground>(ground: &G, id: UserId) -> User {
    let loaded = ground.store().load(&SnapshotQuery::user(id)).await.expect("loads");
    loaded.user.expect("the user exists")
}

/// Returns the events since the previous call.
pub(super) async fn news<G: Ground>(ground: &G) -> Vec<Event> {
    let events = ground.store().pending(ALL).await.expect("has events");
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ground.store().ack(&ids).await.expect("takes acknowledgements");
    events
}

/// Prepares the next round, without safeguards and concurrent writers.
pub(super) async fn set<G: Ground>(ground: &G, id: UserId, update: UserUpdate) {
    stage(ground).update_user(&Actor::system(), id, update).await.expect("the host may");
}

/// Writes a group like `set`.
pub(super) async fn put<G: Ground>(ground: &G, id: GroupId, group: NewGroup) {
    stage(ground).put_group(&Actor::system(), id, group).await.expect("the host may");
}

fn stage<G: Ground>(ground: &G) -> Service<G> {
    let authorizer = YieldingAuthorizer::new(StaticPermissions::none());
    UserService::new(ground.store().clone(), authorizer).with_policy(Policy::authentik_2025_2())
}
