//! The laws that must hold after every operation.

use proptest::{prelude::*, test_runner::TestCaseError};
use userbook::{
    Actor, Outcome, PermissionAuthorizer, StaticPermissions, User, UserId, UserService, UserType, UserUpdate,
    field::{Attributes, EmailAddress, Name, UserPath, Username},
    model::SessionEpoch,
    store::ImportStore,
};
use userbook_memory::MemoryStore;

use crate::{
    action::{Action, Fields, What, Who, ids, new_group, new_user, target},
    directory::{Directory, group_id, user_id},
    oracle::Dump,
};

type Service = UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>>;
type Checked = Result<(), TestCaseError>;

pub(crate) fn hold(directory: &Directory, steps: &[Action]) -> Checked {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = MemoryStore::new();
        store.import(&directory.rows).await.unwrap();
        let authorizer = PermissionAuthorizer::new(directory.permissions.clone());
        let service = UserService::new(store.clone(), authorizer).with_policy(directory.policy());
        for (n, action) in steps.iter().enumerate() {
            let before = Dump::of(&store).await;
            let changed = run(&service, &before, action, n).await?;
            let after = Dump::of(&store).await;
            let (users, groups) = before.changed_rows(&after);
            let wrote = users + groups;
            let is_group_write = matches!(action.what, What::PutGroup(..) | What::DeleteGroup(_));
            let of_group = usize::from(is_group_write && wrote > 0);
            prop_assert!(is_group_write || groups == 0, "only a group write changes groups");
            prop_assert_eq!(after.events, before.events + users + of_group, "one event for each change");
            if let Some(changed) = changed {
                prop_assert_eq!(changed, wrote > 0, "the report agrees with the rows");
            }
            a_superuser_remains(&before, &after)?;
            superuser_status_is_granted_by_right(directory, action.actor, &before, &after)?;
            if let What::Member(user, group, joins) = &action.what {
                let membership = (target(*user), *group, *joins);
                only_that_membership(directory, action.actor, membership, &before, &after)?;
            }
            if let What::Update(user, fields) = &action.what {
                only_what_was_named(target(*user), fields, &before, &after)?;
            }
            if directory.protects {
                superuser_status_is_taken_by_right(directory, action.actor, &before, &after)?;
                privileged_users_are_protected(directory, action.actor, &before, &after)?;
            }
        }
        Ok(())
    })
}

/// Runs the operation; returns whether it reports a change.
async fn run(
    service: &Service,
    before: &Dump,
    action: &Action,
    n: usize,
) -> Result<Option<bool>, TestCaseError> {
    let actor = action.actor.actor();
    let done = |ok: bool| Some(ok);
    Ok(match &action.what {
        What::Update(user, fields) => {
            let wanted = fields.update(*user);
            Some(update(service, before, &actor, target(*user), &wanted, action.confirms).await?)
        }
        What::Member(user, group, joins) => {
            let (group, user) = (group_id(*group), target(*user));
            let call = if *joins {
                service.add_member(&actor, group, user)
            } else {
                service.remove_member(&actor, group, user)
            };
            let call = if action.confirms { call.allow_self_lockout() } else { call };
            Some(call.await.is_ok_and(|updated| updated.outcome != Outcome::Unchanged))
        }
        What::Insert(groups, active) => {
            let new = new_user(groups, *active, &format!("new{n}"));
            done(service.insert_user(&actor, new).await.is_ok())
        }
        What::DeleteUser(user) => {
            let call = service.delete_user(&actor, target(*user));
            let call = if action.confirms { call.allow_self_lockout() } else { call };
            done(call.await.is_ok())
        }
        What::PutGroup(group, superuser, parent, join, leave) => {
            let put = || {
                let new = new_group(*group, *superuser, *parent, (join, leave));
                let call = service.put_group(&actor, group_id(*group), new);
                if action.confirms { call.allow_self_lockout() } else { call }
            };
            if put().await.is_err() {
                return Ok(Some(false));
            }
            // Putting a repeated update changes nothing.
            let once = Dump::of(service.store()).await;
            let again = put().await;
            prop_assert_eq!(Dump::of(service.store()).await, once, "{:?}", again);
            None
        }
        What::DeleteGroup(group) => {
            let call = service.delete_group(&actor, group_id(*group));
            let call = if action.confirms { call.allow_self_lockout() } else { call };
            done(call.await.is_ok())
        }
    })
}

/// Stands for any session epoch.
const NO_EPOCH: SessionEpoch = SessionEpoch(uuid::Uuid::nil());

async fn update(
    service: &Service,
    before: &Dump,
    actor: &Actor,
    user: UserId,
    wanted: &UserUpdate,
    confirms: bool,
) -> Result<bool, TestCaseError> {
    let call = || {
        let call = service.update_user(actor, user, wanted.clone());
        if confirms { call.allow_self_lockout() } else { call }
    };
    let dry = call().dry_run().await;
    prop_assert_eq!(&Dump::of(service.store()).await, before, "a dry run writes nothing");
    let real = call().await;
    let (dry, real) = match (dry, real) {
        (Ok(dry), Ok(real)) => (dry, real),
        (Err(dry), Err(real)) => {
            prop_assert_eq!(dry.to_string(), real.to_string());
            return Ok(false);
        }
        (dry, real) => return Err(TestCaseError::fail(format!("dry {dry:?}, real {real:?}"))),
    };
    prop_assert_eq!(&dry.diff, &real.diff);
    let same = |user: &User| User {
        revision: userbook::Revision(uuid::Uuid::nil()),
        updated_at: user.created_at,
        session_epoch: if user.session_epoch.0 == user.revision.0 { NO_EPOCH } else { user.session_epoch },
        ..user.clone()
    };
    prop_assert_eq!(same(&dry.view.user), same(&real.view.user));
    prop_assert_eq!(dry.view.is_superuser, real.view.is_superuser);
    let applied = matches!(real.outcome, Outcome::Applied(_));
    prop_assert_eq!(applied, dry.outcome == Outcome::DryRun);

    let once = Dump::of(service.store()).await;
    prop_assert_eq!(once.users.get(&user), Some(&real.view.user), "the result equals the stored user");
    prop_assert_eq!(once.is_superuser(user), real.view.is_superuser);
    if let Ok(again) = call().await {
        prop_assert_eq!(again.outcome, Outcome::Unchanged, "a repeated update changes nothing");
    }
    prop_assert_eq!(Dump::of(service.store()).await, once);
    Ok(applied)
}

/// [`Safeguard::LastSuperuser`](userbook::Safeguard).
fn a_superuser_remains(before: &Dump, after: &Dump) -> Checked {
    prop_assert!(!before.has_person() || after.has_person(), "a person remains superuser");
    let service_only = before.has_service_account() && !before.has_person();
    prop_assert!(
        !service_only || after.has_person() || after.has_service_account(),
        "where no person is superuser, a service account remains"
    );
    Ok(())
}

/// Returns whether the actor is a superuser before the operation; the host counts as one.
fn is_superuser(who: Who, before: &Dump) -> bool {
    match who {
        Who::System => true,
        Who::External => false,
        Who::User(n) => before.is_active_superuser(user_id(n)),
    }
}

/// Returns the acting user, if active before the operation.
fn active_actor(who: Who, before: &Dump) -> Option<UserId> {
    let Who::User(n) = who else { return None };
    Some(user_id(n)).filter(|actor| before.users.get(actor).is_some_and(|actor| actor.is_active))
}

/// [`Safeguard::Escalation`](userbook::Safeguard).
fn superuser_status_is_granted_by_right(
    directory: &Directory,
    who: Who,
    before: &Dump,
    after: &Dump,
) -> Checked {
    let (had, have) = (before.active_superusers(), after.active_superusers());
    for user in have.difference(&had).filter_map(|id| after.users.get(id)) {
        let may = |way| active_actor(who, before).is_some_and(|actor| directory.may_grant_by(actor, way));
        let right = is_superuser(who, before) || after.sources(user).values().any(may);
        prop_assert!(right, "{:?} made {} superuser", who, user.id);
    }
    Ok(())
}

/// [`Safeguard::Demotion`](userbook::Safeguard): by left groups, deactivation, deletion, and groups that stop granting.
fn superuser_status_is_taken_by_right(
    directory: &Directory,
    who: Who,
    before: &Dump,
    after: &Dump,
) -> Checked {
    if is_superuser(who, before) {
        return Ok(());
    }
    for (id, old) in &before.users {
        let new = after.users.get(id);
        let gone = old.is_active && !new.is_some_and(|new| new.is_active) || new.is_none();
        let sources_after = new.map(|new| after.sources(new)).unwrap_or_default();
        for (group, way) in before.sources(old) {
            let taken = gone || !sources_after.contains_key(&group);
            let right = active_actor(who, before).is_some_and(|actor| directory.may_grant_by(actor, &way));
            prop_assert!(!taken || right, "{:?} took {} from {}", who, group, id);
        }
    }
    Ok(())
}

/// [`Safeguard::ProtectPrivileged`](userbook::Safeguard).
fn privileged_users_are_protected(directory: &Directory, who: Who, before: &Dump, after: &Dump) -> Checked {
    if is_superuser(who, before) {
        return Ok(());
    }
    let actor = active_actor(who, before);
    for (id, old) in before.users.iter().filter(|(id, _)| Some(**id) != actor) {
        let sources = before.sources(old);
        if sources.is_empty() && !directory.can_grant(*id) {
            continue;
        }
        let may_grant = |way| actor.is_some_and(|actor| directory.may_grant_by(actor, way));
        let exempt = !sources.is_empty() && sources.values().all(may_grant);
        let Some(new) = after.users.get(id) else {
            prop_assert!(exempt, "{:?} deleted {}", who, id);
            continue;
        };
        prop_assert!(exempt || old.is_active == new.is_active, "{:?} toggled {}", who, id);
        let protected = |user: &User| User {
            is_active: true,
            name: String::new(),
            groups: [].into(),
            revision: userbook::Revision(uuid::Uuid::nil()),
            version: 0,
            updated_at: user.created_at,
            session_epoch: NO_EPOCH,
            ..user.clone()
        };
        prop_assert_eq!(protected(old), protected(new), "{:?} changed {}", who, id);
    }
    Ok(())
}

fn only_what_was_named(id: UserId, fields: &Fields, before: &Dump, after: &Dump) -> Checked {
    prop_assert_eq!(&before.groups, &after.groups);
    let others = |dump: &Dump| {
        let mut users = dump.users.clone();
        users.remove(&id);
        users
    };
    prop_assert_eq!(others(before), others(after));
    let (Some(old), Some(new)) = (before.users.get(&id), after.users.get(&id)) else {
        return Ok(());
    };
    let completed = fields.is_completed();
    let clears = fields.replace && fields.groups.is_none();
    let named = ids(fields.groups.as_deref().unwrap_or_default()).collect::<std::collections::BTreeSet<_>>();
    for (field, changed, named, valid) in [
        (
            "username",
            old.username != new.username,
            completed || fields.username.is_some(),
            is_username(&new.username),
        ),
        ("name", old.name != new.name, completed || fields.name.is_some(), is_name(&new.name)),
        ("is_active", old.is_active != new.is_active, fields.is_active == Some(new.is_active), true),
        ("last_login", old.last_login != new.last_login, fields.last_login.is_some(), true),
        ("groups", old.groups != new.groups, clears || fields.groups.is_some(), new.groups == named),
        ("email", old.email != new.email, fields.email.is_some(), is_email(&new.email)),
        (
            "attributes",
            old.attributes != new.attributes,
            fields.attributes.is_some(),
            Attributes::try_from(new.attributes.clone()).is_ok(),
        ),
        ("path", old.path != new.path, fields.path.is_some(), is_path(&new.path)),
        (
            "type",
            old.user_type != new.user_type,
            fields.user_type == Some(new.user_type),
            new.user_type != UserType::InternalServiceAccount,
        ),
    ] {
        prop_assert!(!changed || named, "{} was not named", field);
        prop_assert!(!changed || valid, "{} is invalid", field);
        prop_assert!(
            !changed || old.user_type != UserType::InternalServiceAccount,
            "{} of an internal service account",
            field
        );
    }
    let unchangeable = |user: &User| (user.uuid, user.password_change_date, user.created_at);
    prop_assert_eq!(unchangeable(old), unchangeable(new));
    prop_assert_eq!(old.updated_at == new.updated_at, old.revision == new.revision);
    sessions_end(id, before, after)
}

/// One membership changes, with the right to the group's members.
fn only_that_membership(
    directory: &Directory,
    who: Who,
    (id, group, joins): (UserId, usize, bool),
    before: &Dump,
    after: &Dump,
) -> Checked {
    let mut expected = before.clone();
    if before != after {
        let user = expected.users.get_mut(&id).unwrap();
        let done =
            if joins { user.groups.insert(group_id(group)) } else { user.groups.remove(&group_id(group)) };
        prop_assert!(done && before.groups.contains_key(&group_id(group)));
        let now = after.users.get(&id).unwrap();
        (user.revision, user.version, user.updated_at) = (now.revision, now.version, now.updated_at);
        user.session_epoch = now.session_epoch;
        expected.events = after.events;
        let may = |actor| directory.may_change_members(actor, joins);
        let right = is_superuser(who, before) || active_actor(who, before).is_some_and(may);
        prop_assert!(right, "{:?} changed the membership of {}", who, id);
    }
    prop_assert_eq!(&expected, after);
    sessions_end(id, before, after)
}

/// Sessions end with the deactivation of a user, and with a change of superuser status through the user's own row.
fn sessions_end(id: UserId, before: &Dump, after: &Dump) -> Checked {
    let (Some(old), Some(new)) = (before.users.get(&id), after.users.get(&id)) else { return Ok(()) };
    let ends =
        (old.is_active && !new.is_active) || before.is_active_superuser(id) != after.is_active_superuser(id);
    prop_assert_eq!(old.session_epoch != new.session_epoch, ends);
    Ok(())
}

fn is_username(text: &str) -> bool {
    text != userbook::model::ANONYMOUS_USERNAME
        && Username::parse(text).is_ok_and(|parsed| parsed.as_str() == text)
}

fn is_name(text: &str) -> bool {
    Name::parse(text).is_ok_and(|parsed| parsed.as_str() == text)
}

fn is_email(text: &str) -> bool {
    EmailAddress::parse(text).is_ok_and(|parsed| parsed.as_str() == text && parsed.is_rfc())
}

fn is_path(text: &str) -> bool {
    UserPath::parse(text).is_ok_and(|parsed| parsed.as_str() == text)
}
