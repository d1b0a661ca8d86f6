//! The writes of an applied change.

use serde_json::json;
use userbook::test_support::assert_same;
use userbook::{
    User, UserType,
    model::ExternalIds,
    store::{ChangeSet, FieldChanges, SnapshotQuery},
};

use crate::{
    Harness,
    build::{
        ANN, BOB, attributes, change, changed, email, group, group_ids, member, moment, name, path, rows,
        user, username,
    },
    check::{apply, load, pending, row, target},
};

fn external_ids() -> ExternalIds {
    let source = "scim:new".parse().expect("the kit's sources are valid");
    [(source, Some("new-id".to_owned()))].into_iter().collect()
}

/// Returns each column alone, and all columns together.
fn all_fields() -> Vec<FieldChanges> {
    let none = FieldChanges::default;
    let all = FieldChanges {
        username: Some(username("new-name")),
        name: Some(name("New Name")),
        is_active: Some(false),
        last_login: Some(Some(moment(77))),
        email: Some(email("new@example.org")),
        attributes: Some(attributes(&json!({ "new": [true, null, "x"] }))),
        path: Some(path("new/path")),
        user_type: Some(UserType::ServiceAccount),
        password_change_date: Some(moment(78)),
        external_ids: Some(external_ids()),
        further_addresses: None,
    };
    vec![
        FieldChanges { username: all.username.clone(), ..none() },
        FieldChanges { name: all.name.clone(), ..none() },
        FieldChanges { is_active: all.is_active, ..none() },
        FieldChanges { last_login: all.last_login, ..none() },
        FieldChanges { email: all.email.clone(), ..none() },
        FieldChanges { attributes: all.attributes.clone(), ..none() },
        FieldChanges { path: all.path.clone(), ..none() },
        FieldChanges { user_type: all.user_type, ..none() },
        FieldChanges { password_change_date: all.password_change_date, ..none() },
        FieldChanges { external_ids: all.external_ids.clone(), ..none() },
        all,
    ]
}

/// Law: a change is applied completely: columns, memberships, revision, version and event. Other rows stay unchanged.
pub async fn all_of_a_change_is_applied<H: Harness>() {
    let groups = [group(1), group(2), group(3)];
    let harness = H::with(&rows(groups, [member(ANN, [1, 2]), member(BOB, [1])])).await;
    let before = row(&harness, ANN).await;
    let change = ChangeSet {
        fields: all_fields().pop().unwrap_or_default(),
        groups_added: group_ids([3]),
        groups_removed: group_ids([1]),
        ..change(&before, 1)
    };
    apply(&harness, &change).await;
    assert_same(&row(&harness, ANN).await, &changed(&before, &change));
    assert_same(&row(&harness, BOB).await, &member(BOB, [1]));
    assert_eq!(pending(&harness).await, [(*change.event).clone()]);
}

/// Law: a column is written only by its own field.
pub async fn each_column_is_written_alone<H: Harness>() {
    for (n, fields) in all_fields().into_iter().enumerate() {
        let harness = H::with(&rows([group(1)], [member(ANN, [1]), user(BOB)])).await;
        let before = row(&harness, ANN).await;
        let change = ChangeSet { fields, ..change(&before, n as u128) };
        apply(&harness, &change).await;
        assert_same(&row(&harness, ANN).await, &changed(&before, &change));
        assert_same(&row(&harness, BOB).await, &user(BOB));
    }
}

/// Law: a commit writes only the columns that the change names. Between load and commit, a login or a change of
/// password may write other columns, and an update that writes back all columns would restore, for example, an old
/// password hash.
pub async fn columns_that_are_not_named_keep_what_others_wrote<H: Harness>() {
    for (n, fields) in all_fields().into_iter().enumerate() {
        let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
        let decided_on = row(&harness, ANN).await;
        harness.write_out_of_band(ANN, moment(500), moment(600)).await;
        let written =
            User { last_login: Some(moment(500)), password_change_date: moment(600), ..decided_on.clone() };
        assert_same(&row(&harness, ANN).await, &written);

        let change = ChangeSet { fields, groups_added: group_ids([1]), ..change(&decided_on, n as u128) };
        apply(&harness, &change).await;
        assert_same(&row(&harness, ANN).await, &changed(&written, &change));
    }
}

/// Law: a cleared time is null afterwards; a time that the change does not name stays.
pub async fn clearing_is_not_keeping<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    for (n, last_login) in [None, Some(None), None, Some(Some(moment(9))), None].into_iter().enumerate() {
        let before = row(&harness, ANN).await;
        let fields = FieldChanges { last_login, ..FieldChanges::default() };
        apply(&harness, &ChangeSet { fields, ..change(&before, n as u128) }).await;
        assert_eq!(row(&harness, ANN).await.last_login, last_login.unwrap_or(before.last_login));
    }
}

/// Law: every applied change gives the row a new revision, version and date, even if it only changes memberships. The
/// time of creation stays.
pub async fn a_change_without_columns_bumps_the_revision<H: Harness>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    for n in 1..4 {
        let before = row(&harness, ANN).await;
        let change = change(&before, n);
        apply(&harness, &change).await;
        let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
        assert_eq!(target(&snapshot).revision, change.change.into());
        assert_eq!(target(&snapshot).version, before.version + 1);
        assert_eq!(target(&snapshot).updated_at, change.event.time);
        assert_eq!(target(&snapshot).created_at, before.created_at);
    }
}
