//! The safeguards of deletions, as a table. HTTP has no deletion of users, so the test calls the service.

use userbook::{
    AccessError, Actor, Outcome, PermissionAuthorizer, Policy, Safeguard, StaticPermissions, UpdateError,
    UserId, UserService, authz::Permission as P, decision::Denial, store::ImportStore,
    violation::ViolationKind,
};
use userbook_memory::MemoryStore;
use userbook_tests::fixture::{ADMINS, CHIEFS, STAFF, group_id};

use crate::directory::rows;

const ROOT: i64 = 1;
const ANN: i64 = 2;
/// May delete users.
const DELETER: i64 = 3;
const BOSS: i64 = 7;
const RETIRED: i64 = 8;
/// May delete users, and holds the right to grant on "chiefs".
const GRANTER: i64 = 9;
/// May delete users, and holds the right to grant on every group.
const GRANDEE: i64 = 13;
/// May delete users, and holds the right to grant on "admins".
const DEMOTER: i64 = 19;
/// Holds a right to grant, and is in no granting group.
const HOLDER: i64 = 20;
const ROBOT: i64 = 25;

fn granted() -> StaticPermissions {
    [DELETER, GRANTER, GRANDEE, DEMOTER, ROBOT]
        .into_iter()
        .flat_map(|id| [P::ViewUser, P::DeleteUser].map(|permission| (UserId(id), permission)))
        .fold(StaticPermissions::none(), |granted, (id, permission)| granted.grant(id, permission))
        .grant(UserId(GRANDEE), P::EnableGroupSuperuser)
        .grant_on_group(UserId(GRANTER), P::EnableGroupSuperuser, group_id(CHIEFS))
        .grant_on_group(UserId(DEMOTER), P::EnableGroupSuperuser, group_id(ADMINS))
        .grant_on_group(UserId(HOLDER), P::EnableGroupSuperuser, group_id(STAFF))
}

/// The expected result of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Deleted,
    Protected,
    Revokes,
    LastSuperuser,
    SelfLockout,
}

/// Options of a deletion.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    allow_self_lockout: bool,
    dry_run: bool,
    /// Switches off the safeguard that denies first.
    without_demotion: bool,
}

async fn delete(policy: &str, by: i64, user: i64, options: Options) -> Answer {
    let store = MemoryStore::new();
    store.import(&rows(policy)).await.unwrap();
    let rules = Policy::hardened();
    let rules = if options.without_demotion { rules.without(Safeguard::Demotion) } else { rules };
    let service = UserService::new(store, PermissionAuthorizer::new(granted())).with_policy(rules);
    let actor = Actor::user(UserId(by));
    let mut call = service.delete_user(&actor, UserId(user));
    if options.allow_self_lockout {
        call = call.allow_self_lockout();
    }
    if options.dry_run {
        call = call.dry_run();
    }
    match call.await {
        Ok(deleted) => {
            assert_eq!(deleted.outcome == Outcome::DryRun, options.dry_run);
            let exists =
                service.update_user(&Actor::system(), UserId(user), userbook::UserUpdate::patch()).await;
            assert_eq!(exists.is_ok(), options.dry_run);
            Answer::Deleted
        }
        Err(UpdateError::Access(AccessError::Forbidden(Denial::ProtectedDeletion))) => Answer::Protected,
        Err(UpdateError::Access(AccessError::Forbidden(Denial::RevokesSuperuser { .. }))) => Answer::Revokes,
        Err(UpdateError::Invalid(violations)) => {
            let is_last = violations.iter().any(|violation| violation.kind == ViolationKind::LastSuperuser);
            if is_last { Answer::LastSuperuser } else { Answer::SelfLockout }
        }
        other => panic!("{by} deletes {user}: {other:?}"),
    }
}

#[tokio::test]
async fn deletion_obeys_the_safeguards() {
    use Answer::{Deleted, LastSuperuser, Protected, Revokes, SelfLockout};
    for (policy, by, user, expected) in [
        ("hardened", DELETER, ANN, Deleted),
        ("hardened", ROOT, BOSS, Deleted),
        // Superusers, active or not, require the right to grant through all of their granting groups.
        ("hardened", DELETER, BOSS, Revokes),
        ("hardened", GRANTER, BOSS, Deleted),
        ("hardened", DEMOTER, BOSS, Deleted),
        ("hardened", GRANDEE, BOSS, Deleted),
        ("hardened", GRANTER, RETIRED, Revokes),
        ("hardened", DEMOTER, RETIRED, Deleted),
        ("hardened", GRANTER, ROOT, Revokes),
        // A holder of a right to grant in no granting group.
        ("hardened", ROOT, HOLDER, Deleted),
        ("hardened", GRANDEE, HOLDER, Protected),
        ("hardened", DELETER, GRANDEE, Protected),
        // The last superuser who is a person, regardless of service accounts.
        ("lone", ROBOT, ROOT, LastSuperuser),
        ("lone", GRANDEE, ROOT, LastSuperuser),
        ("lone", ROOT, ROBOT, Deleted),
        // The last service account without a superuser who is a person.
        ("services", GRANDEE, ROBOT, LastSuperuser),
        ("services", GRANDEE, ROOT, Deleted),
        // The own account.
        ("hardened", ROOT, ROOT, SelfLockout),
        ("hardened", DELETER, DELETER, SelfLockout),
    ] {
        for dry_run in [false, true] {
            let answer = delete(policy, by, user, Options { dry_run, ..Options::default() }).await;
            assert_eq!(answer, expected, "{policy}: {by} deletes {user}, dry run {dry_run}");
        }
    }
    let confirmed = Options { allow_self_lockout: true, ..Options::default() };
    assert_eq!(delete("hardened", DELETER, DELETER, confirmed).await, Deleted);
    assert_eq!(delete("hardened", ROOT, ROOT, confirmed).await, Deleted);
    assert_eq!(delete("lone", ROOT, ROOT, confirmed).await, LastSuperuser);
    // ProtectPrivileged alone.
    let alone = Options { without_demotion: true, ..Options::default() };
    for (by, user, expected) in [
        (DELETER, BOSS, Protected),
        (GRANTER, BOSS, Deleted),
        (GRANTER, RETIRED, Protected),
        (DELETER, RETIRED, Protected),
    ] {
        assert_eq!(delete("hardened", by, user, alone).await, expected, "{by} deletes {user}");
    }
}
