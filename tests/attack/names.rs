//! Usernames and addresses that people or mail systems take for those of another user.

use serde_json::{Value, json};
use userbook::{Policy, authz::Permission as P};
use userbook_tests::fixture::Answer;

use crate::{
    fixture::*,
    setting::{Setting, everywhere},
};

everywhere!(
    a_name_of_another_cannot_be_taken_in_another_form,
    an_address_of_another_cannot_be_taken_if_addresses_are_unique,
    stored_twins_stay_and_change,
    invisible_names_are_blank,
    stored_invisible_names_stay,
);

/// Names without a visible character, which fold to nothing.
const INVISIBLE: [&str; 7] =
    ["\u{3164}", "\u{115f}", "\u{3164}\u{115f}", "\u{fe0f}", "\u{34f}", "\u{180b}", "\u{200b}\u{ffa0}"];

/// Forms of `alice`, `root@example.com` (an administrator's address) and `straße` that look or sort like them.
const FORMS: [&str; 12] = [
    "ALICE",
    "Alice",
    "aLICE",
    "ａｌｉｃｅ",
    "ⓐlice",
    "𝐚𝐥𝐢𝐜𝐞",
    "root@example.com",
    "ROOT@EXAMPLE.COM",
    "root＠example.com",
    "STRASSE",
    "strasse",
    "straẞe",
];

fn unique(answer: &Answer, field: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.json),
        (400, &json!({field: ["This field must be unique."]}))
    );
}

async fn a_name_of_another_cannot_be_taken_in_another_form(at: Setting) {
    let fixture = Fixture::granting(at, &rows(), &[grant(DESK, P::AddUser)]).await;
    assert_eq!(fixture.patch(DESK, VIEWER, &json!({"username": "straße"})).await.status, 200);
    let before = fixture.user(BOB).await;
    for name in FORMS {
        let body = json!({"username": name, "name": "Bob"});
        unique(&fixture.patch(DESK, BOB, &body).await, "username");
        unique(&fixture.json(DESK, "PUT", &format!("users/{BOB}/"), &body).await, "username");
        unique(&fixture.patch(SELF_ONLY, SELF_ONLY, &json!({"username": name})).await, "username");
        unique(&fixture.json(DESK, "POST", "users/", &body).await, "username");
        let patch = json!([{"op": "replace", "path": "/username", "value": name}]);
        unique(&fixture.json_patch(DESK, BOB, &patch).await, "username");
    }
    assert_eq!(fixture.user(BOB).await, before);
    // Turkish letters are letters of their own, and so are those of other scripts.
    for name in ["alıce", "alİce", "аlice", "álice", "alice2"] {
        assert_eq!(fixture.patch(DESK, BOB, &json!({"username": name})).await.status, 200, "{at} {name}");
    }
    // The own name is free in every form, and the own address is free as username.
    for name in ["Alice", "ALICE", "Alice@Example.com", "alice"] {
        assert_eq!(fixture.patch(DESK, ALICE, &json!({"username": name})).await.status, 200, "{at} {name}");
    }
}

async fn an_address_of_another_cannot_be_taken_if_addresses_are_unique(at: Setting) {
    let fixture = Fixture::open(at, &rows(), &[], Policy::hardened().with_unique_email()).await;
    assert_eq!(fixture.patch(DESK, VIEWER, &json!({"username": "v@example.com"})).await.status, 200);
    for email in ["alice@example.com", "ALICE@example.com", "alice@EXAMPLE.com", "V@example.com"] {
        unique(&fixture.patch(DESK, BOB, &json!({"email": email})).await, "email");
    }
    let both = fixture.patch(DESK, BOB, &json!({"email": "ALICE@example.com", "username": "ALICE"})).await;
    let taken: Value = json!(["This field must be unique."]);
    assert_eq!((both.status.as_u16(), &both.json["email"], &both.json["username"]), (400, &taken, &taken));
    // The own address is free, and many users may have none.
    for (user, email) in [(BOB, "BOB@example.com"), (BOB, ""), (VIEWER, ""), (BOB, "alice@example.org")] {
        assert_eq!(fixture.patch(DESK, user, &json!({"email": email})).await.status, 200, "{at} {email}");
    }
    // Without the policy, users may share an address, as in authentik.
    let fixture = Fixture::new(at).await;
    assert_eq!(fixture.patch(DESK, BOB, &json!({"email": "ALICE@example.com"})).await.status, 200);
}

/// Rows from before the policy keep their names, and everything else about them can change.
async fn stored_twins_stay_and_change(at: Setting) {
    let mut rows = rows();
    for user in &mut rows.users {
        if user.id.0 == BOB {
            (user.username, user.email) = ("ALICE".to_owned(), "alice@Example.com".to_owned());
        }
    }
    let fixture = Fixture::open(at, &rows, &[], Policy::hardened().with_unique_email()).await;
    for user in [ALICE, BOB] {
        let stored = fixture.user(user).await;
        let same = json!({"username": stored.username, "name": "New", "email": stored.email});
        let answer = fixture.json(DESK, "PUT", &format!("users/{user}/"), &same).await;
        assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!("New")), "{at}");
        assert_eq!(fixture.user(user).await.username, stored.username);
    }
    // A new spelling is a new name.
    unique(&fixture.patch(DESK, BOB, &json!({"username": "Alice"})).await, "username");
    let names = json!({"username": "bob", "email": "bob@example.org"});
    assert_eq!(fixture.patch(DESK, BOB, &names).await.status, 200);
    assert_eq!(fixture.patch(DESK, ALICE, &json!({"username": "Alice"})).await.status, 200);
}

async fn invisible_names_are_blank(at: Setting) {
    let more = [grant(DESK, P::AddUser), grant(DESK, P::AddGroup), grant(DESK, P::AddToken)];
    let fixture = Fixture::granting(at, &rows(), &more).await;
    let rejected = |answer: Answer, field: &str, message: &str| {
        assert_eq!((answer.status.as_u16(), &answer.json), (400, &json!({field: [message]})), "{at}");
    };
    let blank = "This field may not be blank.";
    for name in INVISIBLE {
        let body = json!({"username": name, "name": "Eve"});
        rejected(fixture.json(DESK, "POST", "users/", &body).await, "username", blank);
        rejected(fixture.json(DESK, "PUT", &format!("users/{BOB}/"), &body).await, "username", blank);
        rejected(fixture.patch(DESK, BOB, &json!({"username": name})).await, "username", blank);
        let machine = fixture.json(DESK, "POST", "users/service_account/", &json!({"name": name})).await;
        assert_eq!(machine.status, 400, "{at} {machine:?}", machine = machine.json);
        rejected(fixture.json(DESK, "POST", "groups/", &json!({"name": name})).await, "name", blank);
    }
    // A visible name with invisible characters, and a path.
    for hidden in ["\u{3164}", "\u{34f}", "\u{fe0f}"] {
        let message =
            format!("format character U+{:04X} is not allowed", u32::from(hidden.chars().next().unwrap()));
        for (field, value) in [("username", format!("bo{hidden}b")), ("path", format!("users/{hidden}"))] {
            rejected(fixture.patch(DESK, BOB, &json!({field: value})).await, field, &message);
        }
    }
    // Display names and group names with a visible character may contain them.
    assert_eq!(fixture.patch(DESK, BOB, &json!({"name": "Bob \u{2764}\u{fe0f}"})).await.status, 200, "{at}");
    let group = json!({"name": "Team \u{2764}\u{fe0f}"});
    assert_eq!(fixture.json(DESK, "POST", "groups/", &group).await.status, 201, "{at}");
}

/// A name from before the policy stays until it changes.
async fn stored_invisible_names_stay(at: Setting) {
    let mut rows = rows();
    for (user, name) in [(ALICE, "\u{3164}"), (BOB, "\u{115f}")] {
        rows.users
            .iter_mut()
            .filter(|row| row.id.0 == user)
            .for_each(|row| name.clone_into(&mut row.username));
    }
    let fixture = Fixture::with(at, &rows).await;
    for (user, name) in [(ALICE, "\u{3164}"), (BOB, "\u{115f}")] {
        let same = json!({"username": name, "name": "New"});
        let answer = fixture.json(DESK, "PUT", &format!("users/{user}/"), &same).await;
        assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!("New")), "{at}");
        assert_eq!(fixture.user(user).await.username, name, "{at}");
    }
    let swapped = fixture.patch(DESK, BOB, &json!({"username": "\u{3164}"})).await;
    assert_eq!(swapped.status, 400, "{at}");
    assert_eq!(fixture.patch(DESK, BOB, &json!({"username": "bob"})).await.status, 200, "{at}");
}
