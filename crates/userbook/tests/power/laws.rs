//! What holds after every step.

use proptest::{prelude::*, test_runner::TestCaseError};
use userbook::{
    Actor, Attributes, EmailAddress, ImportStore, Name, Outcome, PermissionAuthorizer, StaticPermissions,
    User, UserId, UserPath, UserService, UserType, UserUpdate, Username,
};
use userbook_memory::MemoryStore;

use crate::{
    action::{Action, Fields, What, Who, ids, new_group, new_user, step, target},
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
            let changed = take(&service, &before, action, n).await?;
            let after = Dump::of(&store).await;
            let wrote = usize::from((&after.users, &after.groups) != (&before.users, &before.groups));
            prop_assert_eq!(after.events, before.events + wrote, "an event exists if something changed");
            if let Some(changed) = changed {
                prop_assert_eq!(changed, wrote == 1, "what was reported is what was done");
            }
            power_is_kept(directory, action.actor, &before, &after)?;
            if let What::Move(user, group, joins) = &action.what {
                only_that_membership(
                    directory,
                    action.actor,
                    target(*user),
                    (*group, *joins),
                    &before,
                    &after,
                )?;
            }
            if let What::Update(user, fields) = &action.what {
                only_what_was_named(target(*user), fields, &before, &after)?;
                if directory.protects {
                    superusers_are_protected(action.actor, target(*user), &before, &after)?;
                }
            }
        }
        Ok(())
    })
}

/// Takes the step; tells whether it is said to have changed something.
async fn take(
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
            Some(update(service, before, &actor, target(*user), &wanted, action.means_it).await?)
        }
        What::Move(user, group, joins) => {
            let wanted = step(*group, *joins);
            Some(update(service, before, &actor, target(*user), &wanted, action.means_it).await?)
        }
        What::Insert(groups, active) => {
            let new = new_user(groups, *active, &format!("new{n}"));
            done(service.insert_user(&actor, new).await.is_ok())
        }
        What::DeleteUser(user) => {
            done(service.delete_user(&actor, target(*user), action.means_it).await.is_ok())
        }
        What::PutGroup(group, superuser, parent) => {
            let new = || new_group(*group, *superuser, *parent);
            let first = service.put_group(&actor, group_id(*group), new(), action.means_it).await;
            if first.is_err() {
                return Ok(Some(false));
            }
            // Written or left alone: the store tells. Putting it again must change nothing.
            let once = Dump::of(service.store()).await;
            let again = service.put_group(&actor, group_id(*group), new(), action.means_it).await;
            prop_assert_eq!(Dump::of(service.store()).await, once, "{:?}", again);
            None
        }
        What::DeleteGroup(group) => {
            done(service.delete_group(&actor, group_id(*group), action.means_it).await.is_ok())
        }
    })
}

async fn update(
    service: &Service,
    before: &Dump,
    actor: &Actor,
    user: UserId,
    wanted: &UserUpdate,
    means_it: bool,
) -> Result<bool, TestCaseError> {
    let call = || {
        let call = service.update_user(actor, user, wanted.clone());
        if means_it { call.allow_self_lockout() } else { call }
    };
    let dry = call().dry_run().await;
    prop_assert_eq!(&Dump::of(service.store()).await, before, "a dry run leaves no trace");
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
    let same = |user: &User| User { revision: userbook::Revision(uuid::Uuid::nil()), ..user.clone() };
    prop_assert_eq!(same(&dry.view.user), same(&real.view.user));
    prop_assert_eq!(dry.view.is_superuser, real.view.is_superuser);
    let applied = matches!(real.outcome, Outcome::Applied(_));
    prop_assert_eq!(applied, dry.outcome == Outcome::DryRun);

    let once = Dump::of(service.store()).await;
    prop_assert_eq!(once.users.get(&user), Some(&real.view.user), "what was answered is what is stored");
    prop_assert_eq!(once.is_superuser(user), real.view.is_superuser);
    if let Ok(again) = call().await {
        prop_assert_eq!(again.outcome, Outcome::Unchanged, "the same again changes nothing");
    }
    prop_assert_eq!(Dump::of(service.store()).await, once);
    Ok(applied)
}

fn power_is_kept(directory: &Directory, who: Who, before: &Dump, after: &Dump) -> Checked {
    let (had, have) = (before.powerful(), after.powerful());
    prop_assert!(had.is_empty() || !have.is_empty(), "somebody always has power");
    let gained = have.difference(&had).filter_map(|id| after.users.get(id));
    for user in gained {
        let right = match who {
            Who::System => true,
            Who::External => false,
            Who::User(n) => {
                let actor = user_id(n);
                let active = before.users.get(&actor).is_some_and(|actor| actor.is_active);
                let through = |group| directory.may_give_through.contains(&(actor, group));
                had.contains(&actor)
                    || active
                        && (directory.may_give.contains(&actor)
                            || after.sources(user).into_iter().flatten().any(through))
            }
        };
        prop_assert!(right, "{:?} gave power to {}", who, user.id);
    }
    Ok(())
}

fn superusers_are_protected(who: Who, id: UserId, before: &Dump, after: &Dump) -> Checked {
    let powerful = match who {
        Who::System => true,
        Who::External => false,
        Who::User(n) => before.is_active_superuser(user_id(n)),
    };
    let identity = |dump: &Dump| {
        let user = dump.users.get(&id)?.clone();
        Some((user.username, user.email, user.is_active, user.attributes))
    };
    if before.is_superuser(id) && !powerful {
        prop_assert_eq!(identity(before), identity(after));
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
        prop_assert!(!changed || old.user_type != UserType::InternalServiceAccount, "{} of a machine", field);
    }
    prop_assert_eq!((old.uuid, old.password_change_date), (new.uuid, new.password_change_date));
    Ok(())
}

/// One membership moved, by somebody who has the right to the user or to the group's members.
fn only_that_membership(
    directory: &Directory,
    who: Who,
    id: UserId,
    (group, joins): (usize, bool),
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
        (user.revision, user.version) = (now.revision, now.version);
        expected.events = after.events;
        let right = match who {
            Who::System => true,
            Who::External => false,
            Who::User(n) => before.is_active_superuser(user_id(n)) || directory.may_move(user_id(n), joins),
        };
        prop_assert!(right, "{:?} moved {}", who, id);
    }
    prop_assert_eq!(&expected, after);
    Ok(())
}

fn is_username(text: &str) -> bool {
    text != userbook::ANONYMOUS_USERNAME && Username::parse(text).is_ok_and(|parsed| parsed.as_str() == text)
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
