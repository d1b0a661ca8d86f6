//! Operations of the RFC and of vendors.

use super::*;

#[test]
fn operations_of_rfc_7644() {
    let home = || json!({"value": "h@x.org", "type": "home"});
    let work = || json!({"value": "w@x.org", "type": "work", "primary": true});
    for (operation, changes) in [
        (json!({"op": "replace", "path": "displayName", "value": "B"}), json!({"displayName": "B"})),
        (
            json!({"op": "add", "value": {"displayName": "B", "title": "Dr"}}),
            json!({"displayName": "B", "title": "Dr"}),
        ),
        (json!({"op": "remove", "path": "displayName"}), json!({"displayName": null})),
        (
            json!({"op": "replace", "path": "name", "value": {"familyName": "K"}}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}}),
        ),
        (
            json!({"op": "replace", "path": "name.familyName", "value": "K"}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}}),
        ),
        (json!({"op": "remove", "path": "name.familyName"}), json!({"name": {"givenName": "Ada"}})),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "o@x.org", "type": "other"}]}),
            json!({"emails": [work(), home(), {"value": "o@x.org", "type": "other"}]}),
        ),
        (json!({"op": "add", "path": "emails", "value": [home()]}), json!({})),
        (json!({"op": "add", "path": "emails", "value": [{"type": "HOME", "value": "h@X.org"}]}), json!({})),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "o@x.org", "primary": true}]}),
            json!({"emails": [
                {"value": "w@x.org", "type": "work", "primary": false}, home(), {"value": "o@x.org", "primary": true},
            ]}),
        ),
    ] {
        assert_both(&operation, &changes);
    }
}

#[test]
fn operations_on_selected_values_and_extensions() {
    let home = || json!({"value": "h@x.org", "type": "home"});
    let work = || json!({"value": "w@x.org", "type": "work", "primary": true});
    for (operation, changes) in [
        (json!({"op": "replace", "path": "emails", "value": [home()]}), json!({"emails": [home()]})),
        (json!({"op": "remove", "path": "emails[type eq \"home\"]"}), json!({"emails": [work()]})),
        (json!({"op": "remove", "path": "emails[value sw \"x\"]"}), json!({})),
        (json!({"op": "remove", "path": "emails"}), json!({"emails": null})),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@x.org"}),
            json!({"emails": [work(), {"value": "n@x.org", "type": "home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "n@x.org"}}),
            json!({"emails": [work(), {"value": "n@x.org", "type": "home"}]}),
        ),
        (json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {}}), json!({})),
        (json!({"op": "replace", "path": "name", "value": {}}), json!({})),
        (
            json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"display": "H"}}),
            json!({"emails": [work(), {"value": "h@x.org", "type": "home", "display": "H"}]}),
        ),
        (
            json!({"op": "replace", "path": format!("{URN}:department"), "value": "Ops"}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (
            json!({"op": "add", "value": {URN: {"division": "D"}}}),
            json!({URN: {"department": "R&D", "manager": {"value": "9"}, "division": "D"}}),
        ),
        (json!({"op": "remove", "path": format!("{URN}:manager")}), json!({URN: {"department": "R&D"}})),
        (json!({"op": "remove", "path": URN}), json!({URN: null})),
        (json!({"op": "replace", "path": "USERNAME", "value": "bo"}), json!({"userName": "bo"})),
    ] {
        assert_both(&operation, &changes);
    }
}

#[test]
fn null_removes_a_member() {
    for (operation, changes) in [
        (
            json!({"op": "replace", "value": {URN: {"department": null}}}),
            json!({URN: {"manager": {"value": "9"}}}),
        ),
        (
            json!({"op": "replace", "path": URN, "value": {"manager": {"value": null}}}),
            json!({URN: {"department": "R&D"}}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"familyName": null}}),
            json!({"name": {"givenName": "Ada"}}),
        ),
        (
            json!({"op": "add", "value": {"name": {"familyName": null}}}),
            json!({"name": {"givenName": "Ada"}}),
        ),
        (
            json!({"op": "replace", "path": "emails", "value": [{"value": "a@x.org", "type": null}]}),
            json!({"emails": [{"value": "a@x.org"}]}),
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"type": null}}),
            json!({"emails": [{"value": "w@x.org", "type": "work", "primary": true}, {"value": "h@x.org"}]}),
        ),
        (json!({"op": "add", "path": "emails", "value": [{"value": null}]}), json!({})),
        (json!({"op": "replace", "value": {URN: null}}), json!({URN: null})),
        (json!({"op": "replace", "path": URN, "value": null}), json!({URN: null})),
    ] {
        assert_both(&operation, &changes);
    }
}

#[test]
fn forms_of_vendors_are_lenient() {
    let work = |value: &str| json!({"value": value, "type": "work", "primary": true});
    let home = || json!({"value": "h@x.org", "type": "home"});
    let phone = json!([{"type": "mobile", "value": "1"}]);
    for (operation, changes) in [
        // Entra
        (json!({"op": "Replace", "path": "active", "value": "False"}), json!({"active": false})),
        (
            json!({"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}),
            json!({"phoneNumbers": phone}),
        ),
        (
            json!({"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}),
            json!({"phoneNumbers": phone}),
        ),
        (
            json!({"op": "Add", "value": {"name.familyName": "K", "emails[type eq \"work\"].value": "n@x.org"}}),
            json!({"name": {"givenName": "Ada", "familyName": "K"}, "emails": [work("n@x.org"), home()]}),
        ),
        (
            json!({"op": "Replace", "value": {format!("{URN}:department"): "Ops"}}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (
            json!({"op": "Replace", "path": format!("{URN}:manager"), "value": "7"}),
            json!({URN: {"department": "R&D", "manager": {"value": "7"}}}),
        ),
        (json!({"op": "replace", "path": "displayName", "value": ["B"]}), json!({"displayName": "B"})),
        (
            json!({"op": "Replace", "path": "displayName", "value": {"value": "B"}}),
            json!({"displayName": "B"}),
        ),
        (
            json!({"op": "Remove", "path": "emails", "value": [{"value": "w@x.org"}]}),
            json!({"emails": [home()]}),
        ),
        (json!({"op": "replace", "path": "emails", "value": {}}), json!({})),
        (json!({"op": "replace", "path": "emails", "value": {"unknown": 1}}), json!({})),
        (json!({"op": "add", "path": "emails", "value": {}}), json!({})),
        (json!({"op": "replace", "value": {"emails": {}}}), json!({})),
        (json!({"op": "replace", "path": "emails", "value": home()}), json!({"emails": [home()]})),
        (json!({"op": "replace", "path": "emails", "value": []}), json!({"emails": null})),
        (json!({"op": "replace", "path": "roles.value", "value": "r"}), json!({"roles": [{"value": "r"}]})),
        // Okta
        (
            json!({"op": "replace", "value": {"id": "7", "active": false, "unknown": 1}}),
            json!({"active": false}),
        ),
        // OneLogin
        (
            json!({"op": "replace", "path": "department", "value": "Ops"}),
            json!({URN: {"department": "Ops", "manager": {"value": "9"}}}),
        ),
        (json!({"op": "replace", "path": "title", "value": 7}), json!({"title": "7"})),
        (json!({"op": "replace", "path": "title", "value": null}), json!({})),
        (json!({"op": "replace", "path": "displayName", "value": null}), json!({"displayName": null})),
    ] {
        assert_eq!(patched(&json!([operation]), Strictness::lenient()), Ok(with(&changes)), "{operation}");
    }
}
