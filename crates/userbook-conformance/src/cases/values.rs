//! Values are read back as written.

use chrono::TimeZone;
use serde_json::{Value, json};
use userbook::test_support::assert_same;
use userbook::{
    Group, Timestamp, User, UserId,
    field::MAX_DEPTH,
    store::{ChangeSet, FieldChanges, SnapshotQuery},
};

use crate::{
    Harness,
    build::{
        ANN, attributes, change, changed, email, group, group_ids, member, name, path, rows, user, username,
    },
    check::{apply, load, pending, row, same_json, target},
};

/// Law: text may contain all of Unicode.
pub async fn text_beyond_the_basic_plane<H: Harness>() {
    let text = "𝄞😀👩‍👩‍👧 \u{10ffff}\u{1}\u{7f}\"'\\;--%_";
    let groups = [Group { name: text.to_owned(), ..group(1) }];
    let harness = H::with(&rows(groups, [member(ANN, [1])])).await;
    let fields = FieldChanges {
        username: Some(username(text)),
        name: Some(name(text)),
        path: Some(path(text)),
        attributes: Some(attributes(&json!({ text: [text] }))),
        ..FieldChanges::default()
    };
    apply(&harness, &ChangeSet { fields, ..change(&row(&harness, ANN).await, 1) }).await;
    let query = SnapshotQuery { username: Some(text.to_owned()), ..SnapshotQuery::user(ANN) };
    let after = load(&harness, &query).await;
    let ann = target(&after);
    assert_eq!((ann.username.as_str(), ann.name.as_str()), (text, text));
    assert_eq!((ann.path.as_str(), &*ann.attributes), (text, &json!({ text: [text] })));
    assert!(after.groups.iter().all(|group| group.name == text));
    assert!(!after.username_taken);
}

/// Law: names, paths and attributes have no maximum length: 100,000 bytes are read back. A username has up to 150 code
/// points, which may be 600 bytes.
pub async fn long_texts<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let long = "😀".repeat(25_000);
    let fields = FieldChanges {
        username: Some(username(&"😀".repeat(150))),
        name: Some(name(&long)),
        path: Some(path(&long)),
        email: Some(email(&format!("{}@example.org", "a".repeat(242)))),
        attributes: Some(attributes(&json!({ &long: [&long, &long, &long, &long, &long] }))),
        ..FieldChanges::default()
    };
    let change = ChangeSet { fields, ..change(&row(&harness, ANN).await, 1) };
    apply(&harness, &change).await;
    assert_same(&row(&harness, ANN).await, &changed(&user(ANN), &change));
}

/// Law: rows contain plain stored values: leading and trailing blanks stay, although no update accepts them.
pub async fn blanks_at_the_ends_stay<H: Harness>() {
    let text = " \t a b \n ".to_owned();
    let odd = User {
        username: text.clone(),
        name: text.clone(),
        email: text.clone(),
        path: text.clone(),
        attributes: json!({ &text: &text }).into(),
        ..user(ANN)
    };
    let harness = H::with(&rows([], [odd.clone()])).await;
    assert_same(&row(&harness, ANN).await, &odd);
}

/// Law: times are exact to the microsecond in the years 1 to 9999. Responses come from the decision instead of the
/// row, so both must be equal.
pub async fn moments_to_the_microsecond<H: Harness>() {
    let at = |year, month, day, hour, minute, second, micros: u32| -> Timestamp {
        let moment = chrono::Utc.with_ymd_and_hms(year, month, day, hour, minute, second).single();
        moment.expect("it is a moment") + chrono::Duration::microseconds(i64::from(micros))
    };
    let moments = [
        at(1, 1, 1, 0, 0, 0, 0),
        at(1, 1, 1, 0, 0, 0, 1),
        at(1582, 10, 10, 12, 0, 0, 999_999),
        at(1969, 12, 31, 23, 59, 59, 999_999),
        at(1970, 1, 1, 0, 0, 0, 0),
        at(2024, 2, 29, 3, 4, 5, 678_901),
        at(2038, 1, 19, 3, 14, 8, 1),
        at(9999, 12, 31, 23, 59, 59, 999_999),
    ];
    let users: Vec<_> = moments
        .iter()
        .zip(1..)
        .map(|(moment, id)| User {
            last_login: Some(*moment),
            password_change_date: *moment,
            created_at: *moment,
            updated_at: *moment,
            ..user(UserId(id))
        })
        .collect();
    let groups: Vec<_> = moments
        .iter()
        .zip(1..)
        .map(|(moment, n)| Group { created_at: *moment, updated_at: *moment, ..group(n) })
        .collect();
    let harness = H::with(&rows(groups.clone(), users.clone())).await;
    let query = SnapshotQuery { groups: group_ids(1..100), ..SnapshotQuery::default() };
    assert_eq!(load(&harness, &query).await.groups, groups.into_iter().collect());
    for (user, n) in users.iter().zip(1..) {
        assert_eq!(row(&harness, user.id).await, *user);
        for (moment, m) in moments.iter().zip(0..) {
            let fields = FieldChanges { last_login: Some(Some(*moment)), ..FieldChanges::default() };
            apply(&harness, &ChangeSet { fields, ..change(&row(&harness, user.id).await, 100 * n + m) })
                .await;
            assert_eq!(row(&harness, user.id).await.last_login, Some(*moment));
        }
    }
}

/// Law: attributes may nest 256 levels, and stored attributes must load. Parsers and databases often have lower
/// default limits.
pub async fn deep_attributes<H: Harness>() {
    let nested = |levels: usize| {
        let wrap =
            |inner: Value, n: usize| if n.is_multiple_of(2) { json!({ "a": inner }) } else { json!([inner]) };
        (1..levels - 1).fold(json!({}), wrap)
    };
    let harness = H::with(&rows([], [user(ANN)])).await;
    for (levels, n) in [32, 33, 127, 128, 129, 255, MAX_DEPTH].into_iter().zip(1..) {
        let deep = json!({ "deep": nested(levels) });
        let before = row(&harness, ANN).await;
        let fields = FieldChanges { attributes: Some(attributes(&deep)), ..FieldChanges::default() };
        let mut change = ChangeSet { fields, ..change(&before, n) };
        // Events contain the attributes too, a few levels deeper.
        let diff = userbook::event::FieldDiff::Value { old: before.attributes, new: deep.clone().into() };
        std::sync::Arc::make_mut(&mut change.event).diff.insert("attributes".into(), diff);
        apply(&harness, &change).await;
        assert_eq!(row(&harness, ANN).await.attributes, deep, "{levels} levels");
        assert_eq!(pending(&harness).await.last(), Some(&*change.event));
    }
}

/// Law: numbers in attributes are read back with the same value as doubles.
pub async fn numbers_by_value<H: Harness>() {
    let numbers = json!({ "n": [
        0, -0.0, 1, -1, 1.0, 0.1, -2.5, 1e21, 1e-7, 1.797_693_134_862_315_7e308, 5e-324, 4_503_599_627_370_497.5,
        9_007_199_254_740_993_i64, i64::MAX, i64::MIN, u64::MAX, 123_456_789.123_456_78,
    ]});
    let stored = User { attributes: numbers.clone().into(), ..user(ANN) };
    let harness = H::with(&rows([], [stored])).await;
    assert!(same_json(&row(&harness, ANN).await.attributes, &numbers), "as imported");
    let fields = FieldChanges { attributes: Some(attributes(&numbers)), ..FieldChanges::default() };
    apply(&harness, &ChangeSet { fields, ..change(&row(&harness, ANN).await, 1) }).await;
    assert!(same_json(&row(&harness, ANN).await.attributes, &numbers), "as committed");
}

/// Law: any text is a key, including the empty text, and keys are compared byte for byte.
pub async fn odd_keys<H: Harness>() {
    let odd = json!({
        "": "", " ": " ", "a": 1, "A": 2, "á": 3, "a\u{301}": 4, "$.a": 5, "a.b": { "": {} }, "\"": 6, "\\u0041": 7,
        "__proto__": [], "😀": "😀", "\u{1}": "\u{1f}", "null": null, "list": [[], {}, [[]]],
    });
    let harness = H::with(&rows([], [user(ANN)])).await;
    let fields = FieldChanges { attributes: Some(attributes(&odd)), ..FieldChanges::default() };
    apply(&harness, &ChangeSet { fields, ..change(&row(&harness, ANN).await, 1) }).await;
    assert!(same_json(&row(&harness, ANN).await.attributes, &odd));
}

/// Law: stored attributes may be any JSON: values of other writers load unchanged.
pub async fn attributes_that_are_no_object<H: Harness>() {
    let odd =
        [json!(null), json!([]), json!([{ "a": 1 }]), json!("text"), json!(""), json!(-1.5), json!(false)];
    let users: Vec<_> = odd
        .iter()
        .zip(1..)
        .map(|(value, id)| User { attributes: value.clone().into(), ..user(UserId(id)) })
        .collect();
    let groups: Vec<_> =
        odd.iter().zip(1..).map(|(value, n)| Group { attributes: value.clone(), ..group(n) }).collect();
    let all: Vec<_> = groups.iter().map(|group| group.id).collect();
    let harness = H::with(&rows(groups.clone(), users.clone())).await;
    for user in users {
        let query = SnapshotQuery { groups: all.iter().copied().collect(), ..SnapshotQuery::user(user.id) };
        let snapshot = load(&harness, &query).await;
        assert_eq!(snapshot.user, Some(user));
        assert_eq!(snapshot.groups.iter().cloned().collect::<Vec<_>>(), groups);
    }
}
