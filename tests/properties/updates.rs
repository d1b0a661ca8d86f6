//! Properties of updates: what they change, reject and record.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use userbook::{
    Policy, User, UserType,
    field::{Attributes, EmailAddress, Name, UserPath, Username},
    model::is_representable,
};
use userbook_tests::{
    corpus::compare::row as shown,
    fixture::{ANN, AnyStore, BOSS, HELPER, ROOT, api, events, request, row, send},
};

use crate::{
    generate::{FIELDS, body, json_patch},
    on_a_directory,
};

const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];
const PATCH: &[(&str, &str)] = &[("content-type", "application/json-patch+json")];

fn actor() -> impl Strategy<Value = i64> {
    select(vec![ROOT, ROOT, HELPER])
}

/// Returns the fields whose values differ.
fn changed(before: &User, after: &User) -> BTreeSet<&'static str> {
    let (before, after) = (shown(before), shown(after));
    FIELDS.into_iter().filter(|field| before[field] != after[field]).collect()
}

/// Returns whether the value of a field obeys its rule.
fn is_valid(field: &str, user: &User) -> bool {
    match field {
        "username" => {
            let is_plain = !user.username.contains(char::is_control);
            is_plain && Username::parse(&user.username).is_ok_and(|valid| valid.as_str() == user.username)
        }
        "name" => {
            let is_plain = !user.name.contains(char::is_control);
            is_plain && Name::parse(&user.name).is_ok_and(|valid| valid.as_str() == user.name)
        }
        "last_login" => user.last_login.is_none_or(is_representable),
        "email" => EmailAddress::parse(&user.email).is_ok_and(|it| it.as_str() == user.email && it.is_rfc()),
        "attributes" => user.attributes.as_object().is_some_and(|it| Attributes::new(it.clone()).is_ok()),
        "path" => UserPath::parse(&user.path).is_ok_and(|valid| valid.as_str() == user.path),
        "type" => user.user_type != UserType::InternalServiceAccount,
        _ => true,
    }
}

/// Hides group names as in the response to a caller who may not view groups: the event contains names, the response
/// does not.
fn hide_groups(diff: &mut Value) {
    for side in ["added", "removed"] {
        let groups = diff.pointer_mut(&format!("/groups/{side}")).and_then(Value::as_array_mut);
        for group in groups.into_iter().flatten() {
            group["name"] = json!("");
        }
    }
}

/// Checks the invariants after a request, regardless of its result.
async fn check(
    store: &AnyStore,
    before: &User,
    accepted: bool,
    named: &BTreeSet<&str>,
) -> Result<(), TestCaseError> {
    let after = row(store, ANN).await;
    let changed = changed(before, &after);
    prop_assert!(changed.is_subset(named), "{changed:?} of {named:?}");
    prop_assert!(accepted || changed.is_empty(), "rejected, but {changed:?} changed");
    for field in &changed {
        prop_assert!(is_valid(field, &after), "{field} of {after:?}");
    }
    if after.username != before.username {
        for other in [ROOT, BOSS, HELPER] {
            prop_assert_ne!(&row(store, other).await.username, &after.username);
        }
    }
    // An event exists if and only if something changed.
    let logged: Vec<BTreeSet<String>> = events(store)
        .await
        .iter()
        .map(|event| event.diff.keys().map(ToString::to_string).collect())
        .collect();
    let expected: BTreeSet<String> = changed.iter().map(|field| (*field).to_owned()).collect();
    prop_assert_eq!(logged, if expected.is_empty() { vec![] } else { vec![expected] });
    prop_assert_eq!(after.revision != before.revision, !changed.is_empty());
    // Columns that no request writes.
    prop_assert_eq!((after.id, after.uuid), (before.id, before.uuid));
    prop_assert_eq!(after.password_change_date, before.password_change_date);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn update_changes_only_named_fields_to_valid_values(
        by in actor(), body in body(), merge in any::<bool>(), put in any::<bool>(),
    ) {
        on_a_directory(async |store| {
            let before = row(&store, ANN).await;
            let mut named: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            let (method, headers) = match (put, merge) {
                (true, _) => ("PUT 2", &[][..]),
                (false, true) => ("PATCH 2", MERGE),
                (false, false) => ("PATCH 2", &[][..]),
            };
            if put {
                // As recorded, a PUT without groups clears them.
                named.insert("groups");
            }
            let api = api(&store, Policy::hardened());
            let answer = send(&api, request(by, method, headers, &body)).await;
            check(&store, &before, answer.status == 200, &named).await
        })?;
    }

    #[test]
    fn json_patch_changes_only_named_fields_to_valid_values(by in actor(), patch in json_patch()) {
        on_a_directory(async |store| {
            let before = row(&store, ANN).await;
            let paths = patch.as_array().unwrap().iter().flat_map(|operation| [&operation["path"], &operation["from"]]);
            let first = |path: &Value| path.as_str().unwrap().split('/').nth(1).unwrap_or_default().to_owned();
            let named: BTreeSet<String> = paths.map(first).collect();
            // Replacing the whole document names all fields.
            let whole = named.contains("");
            let named = FIELDS.into_iter().filter(|field| whole || named.contains(*field)).collect();
            let api = api(&store, Policy::hardened());
            let answer = send(&api, request(by, "PATCH 2", PATCH, &patch)).await;
            check(&store, &before, answer.status == 200, &named).await
        })?;
    }

    #[test]
    fn repeated_put_changes_and_writes_nothing(by in actor(), mut body in body()) {
        body.as_object_mut().unwrap().entry("username").or_insert(json!("ann"));
        body.as_object_mut().unwrap().entry("name").or_insert(json!("Ann"));
        on_a_directory(async |store| {
            let api = api(&store, Policy::hardened());
            let first = send(&api, request(by, "PUT 2", &[], &body)).await;
            let (stored, logged) = (row(&store, ANN).await, events(&store).await);
            let again = send(&api, request(by, "PUT 2", &[], &body)).await;
            // A caller who has just given up the right could not repeat the request; no caller here can lose it.
            prop_assert_eq!(again.status, first.status);
            prop_assert_eq!(again.json, first.json);
            prop_assert_eq!(row(&store, ANN).await, stored);
            prop_assert_eq!(events(&store).await, logged);
            Ok(())
        })?;
    }

    #[test]
    fn dry_run_equals_the_real_run_and_writes_nothing(by in actor(), body in body(), put in any::<bool>()) {
        on_a_directory(async |store| {
            let before = row(&store, ANN).await;
            let api = api(&store, Policy::hardened());
            let method = if put { "PUT 2" } else { "PATCH 2" };
            let dry = send(&api, request(by, &format!("{method} ?dry_run=true"), &[], &body)).await;
            prop_assert_eq!(row(&store, ANN).await, before.clone());
            prop_assert_eq!(events(&store).await.len(), 0);
            let wet = send(&api, request(by, method, &[], &body)).await;
            prop_assert_eq!(dry.status, wet.status);
            if wet.status == 200 {
                prop_assert_eq!(&dry.json["user"], &wet.json);
                prop_assert_eq!(&dry.json["would_change"], &json!(row(&store, ANN).await != before));
                let diff = events(&store).await.first().map(|event| serde_json::to_value(&event.diff).unwrap());
                let mut diff = diff.unwrap_or(json!({}));
                if by == HELPER {
                    hide_groups(&mut diff);
                }
                prop_assert_eq!(&dry.json["diff"], &diff);
            } else {
                prop_assert_eq!(dry.json, wet.json);
            }
            Ok(())
        })?;
    }
}
