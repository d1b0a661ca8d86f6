//! Session epochs and logins.

use std::sync::Arc;

use userbook::test_support::assert_same;
use userbook::{
    User, UserId, UserRef,
    event::{Effect, Event},
    store::{ChangeSet, FieldChanges, MemberChange, ProvisioningChange, ProvisioningStore, SessionStore},
};

use super::{group_provisioning::put, user_provisioning::apply_ok};
use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, change, change_id, changed, group, group_id, group_ids, member,
        member_change, moment, name, rows, user,
    },
    check::{apply, apply_rejected, ok, pending, row},
};

/// Makes the event end the sessions.
fn ending(event: &Event) -> Arc<Event> {
    Event { effects: vec![Effect::RevokeSessions], ..event.clone() }.into()
}

/// Law: a change whose event ends the sessions gives the row a new session epoch, the id of the change; every other
/// change keeps the epoch. A change that is not applied ends nothing.
pub async fn a_change_that_ends_sessions_renews_the_epoch<H: Harness>() {
    let harness = H::with(&rows([group(1)], [user(ANN), member(BOB, [1])])).await;
    for (n, groups) in [(1, group_ids([])), (3, group_ids([1]))] {
        let before = row(&harness, ANN).await;
        let plain = change(&before, n);
        let ends = ChangeSet { event: ending(&plain.event), groups_added: groups, ..plain };
        apply(&harness, &ends).await;
        let ended = row(&harness, ANN).await;
        assert_eq!(ended, changed(&before, &ends));
        assert_eq!(ended.session_epoch, ends.change.into());
        assert_same(&row(&harness, BOB).await, &member(BOB, [1]));

        apply(&harness, &change(&ended, n + 1)).await;
        assert_eq!(row(&harness, ANN).await.session_epoch, ended.session_epoch, "the epoch stays");
        assert_eq!(pending(&harness).await.last().map(|event| event.effects.len()), Some(0));
        apply_rejected(&harness, &ends, &[ANN, BOB]).await;
    }
}

/// Law: member changes of a group write end the sessions of exactly those members whose events say so.
pub async fn member_changes_end_sessions<H: Harness<Store: ProvisioningStore>>() {
    let users = [user(ANN), user(BOB), member(UserId(3), [1])];
    let harness = H::with(&rows([group(1)], users.clone())).await;
    let [ann, bob, third] = &users;
    let ends = |change: MemberChange| MemberChange { event: ending(&change.event), ..change };
    let members = vec![
        ends(member_change(ann, true, 11)),
        member_change(bob, true, 12),
        ends(member_change(third, false, 13)),
    ];
    let epochs = [change_id(11).into(), bob.session_epoch, change_id(13).into()];
    apply_ok(&harness, &ProvisioningChange { members, ..put(&harness, group(1), 1).await }).await;
    for (user, epoch) in users.iter().zip(epochs) {
        assert_eq!(row(&harness, user.id).await.session_epoch, epoch, "{}", user.id);
    }
}

/// Law: a login writes the time of the last login of one user, by either key, and nothing else.
pub async fn a_login_writes_nothing_else<H: Harness<Store: SessionStore>>() {
    let never = User { last_login: None, is_active: false, ..member(ANN, [1]) };
    let harness = H::with(&rows([group(1)], [never.clone(), user(BOB)])).await;
    for (key, seconds) in [(UserRef::Id(ANN), 500), (UserRef::Uuid(never.uuid), -500)] {
        assert!(ok(harness.store().record_login(key, moment(seconds)).await), "{key:?} exists");
        let expected = User { last_login: Some(moment(seconds)), ..never.clone() };
        assert_same(&row(&harness, ANN).await, &expected);
    }
    for unknown in [UserRef::Id(UNKNOWN_USER), UserRef::Uuid(group_id(1).0)] {
        assert!(!ok(harness.store().record_login(unknown, moment(0)).await), "{unknown:?} does not exist");
    }
    assert_same(&row(&harness, BOB).await, &user(BOB));
    assert_eq!(pending(&harness).await, []);
}

/// Law: a login between load and commit conflicts with no update, and the update keeps its time.
pub async fn a_login_conflicts_with_no_update<H: Harness<Store: SessionStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let fields = FieldChanges { name: Some(name("renamed")), ..FieldChanges::default() };
    let update = ChangeSet { fields, ..change(&user(ANN), 1) };
    assert!(ok(harness.store().record_login(ANN.into(), moment(500)).await));
    apply(&harness, &update).await;
    let expected = User { last_login: Some(moment(500)), ..changed(&user(ANN), &update) };
    assert_same(&row(&harness, ANN).await, &expected);
}

/// Law: the session epoch of an active user comes by either key and follows the last commit; an inactive or missing
/// user has none.
pub async fn an_active_user_has_an_epoch<H: Harness<Store: SessionStore>>() {
    let retired = User { is_active: false, ..user(BOB) };
    let harness = H::with(&rows([], [user(ANN), retired.clone()])).await;
    let epoch = |key: UserRef| {
        let store = harness.store();
        async move { ok(store.session_epoch(key).await) }
    };
    for (key, expected) in [
        (UserRef::Id(ANN), Some(user(ANN).session_epoch)),
        (UserRef::Uuid(user(ANN).uuid), Some(user(ANN).session_epoch)),
        (UserRef::Id(BOB), None),
        (UserRef::Uuid(retired.uuid), None),
        (UserRef::Id(UNKNOWN_USER), None),
        (UserRef::Uuid(group_id(1).0), None),
    ] {
        assert_eq!(epoch(key).await, expected, "{key:?}");
    }
    let plain = change(&user(ANN), 1);
    let ends = ChangeSet { event: ending(&plain.event), ..plain };
    apply(&harness, &ends).await;
    assert_eq!(epoch(UserRef::Id(ANN)).await, Some(ends.change.into()));
}
