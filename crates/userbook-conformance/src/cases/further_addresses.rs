//! Further addresses: found as they are now.

use serde_json::{Value, json};
use userbook::{
    User, UserId,
    store::{
        ChangeSet, FieldChanges, FurtherAddresses, ListStore, ProvisioningOp, ProvisioningStore, UserFilter,
    },
};

use super::{
    user_lists::{matches, numbered},
    user_provisioning::apply_ok,
};
use crate::{
    Harness,
    build::{attributes, change, provision, rows},
    check::{apply, epochs, row},
};

fn emails(addresses: &[&str]) -> Value {
    let list: Vec<Value> = addresses.iter().map(|it| json!({"value": it, "type": "home"})).collect();
    json!({ "emails": list, "team": "red" })
}

fn with(user: User, addresses: &[&str]) -> User {
    User { attributes: emails(addresses).into(), ..user }
}

async fn find<H: Harness<Store: ListStore>>(harness: &H, address: &str) -> Vec<i64> {
    let filter = UserFilter { further_address: Some(address.to_owned()), ..UserFilter::default() };
    let found = matches(harness, filter.clone()).await;
    let narrowed = UserFilter { ids: [UserId(1)].into(), ..filter };
    let only: Vec<i64> = found.iter().copied().filter(|id| *id == 1).collect();
    assert_eq!(matches(harness, narrowed).await, only, "{address:?}");
    found
}

/// Law: a further address finds the users whose attributes have it in any spelling. It follows each change, comes with
/// a new user, and goes with a deleted one.
pub async fn further_addresses_are_found<H: Harness<Store: ListStore + ProvisioningStore>>() {
    let many: Vec<String> = (0..500).map(|n| format!("{n}@many.org")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let people = [
        with(numbered(1), &["Ada@Home.org", "both@x.org"]),
        with(numbered(2), &["stra\u{df}e@x.org", "BOTH@x.org", "both@X.org"]),
        numbered(3),
        with(numbered(4), &many),
    ];
    let harness = H::with(&rows([], people)).await;
    for (address, expected) in [
        ("ada@HOME.org", vec![1, 4]),
        ("STRASSE@x.org", vec![2, 4]),
        ("both@x.org", vec![1, 2, 4]),
        ("7@many.org", vec![4]),
        ("user-1@example.org", vec![4]),
        ("home", vec![4]),
        ("red", vec![4]),
        ("", vec![]),
        ("\u{200b}", vec![]),
    ] {
        assert_eq!(find(&harness, address).await, expected, "{address:?}");
    }

    let moves = |user: &User, n, addresses: &[&str]| {
        let after = emails(addresses);
        let fields = FieldChanges {
            attributes: Some(attributes(&after)),
            further_addresses: Some(FurtherAddresses::of(&after)),
            ..FieldChanges::default()
        };
        ChangeSet { fields, ..change(user, n) }
    };
    apply(&harness, &moves(&row(&harness, UserId(1)).await, 1, &["both@x.org", "new@x.org"])).await;
    apply(&harness, &moves(&row(&harness, UserId(4)).await, 2, &[])).await;
    let next = i64::try_from(epochs(&harness).await.next_user).expect("ids fit");
    let user = with(numbered(next), &["new@x.org"]);
    apply_ok(&harness, &provision(ProvisioningOp::InsertUser(Box::new(user.clone())), 3)).await;
    let id = user.id.0;
    for (address, expected) in [
        ("ada@home.org", vec![]),
        ("both@x.org", vec![1, 2]),
        ("new@x.org", vec![1, id]),
        ("7@many.org", vec![]),
    ] {
        assert_eq!(find(&harness, address).await, expected, "{address:?}");
    }
    let delete =
        ProvisioningOp::DeleteUser { user: user.id, expected: row(&harness, user.id).await.revision };
    apply_ok(&harness, &provision(delete, 4)).await;
    assert_eq!(find(&harness, "new@x.org").await, [1]);
}
