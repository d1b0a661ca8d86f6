//! Operations that fail, and removals that name no more than they may.

use super::*;

#[test]
fn rejected_operations_have_the_keyword_of_the_rfc() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let both = [Strictness::strict(), Strictness::lenient()];
    let strict = &both[..1];
    for (operation, keyword, policies) in [
        (json!({"op": "remove"}), NoTarget, &both[..]),
        (json!({"op": "move", "path": "title"}), InvalidSyntax, &both),
        (json!({"op": "replace", "path": "nope", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "name.nope", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "emails[", "value": 1}), InvalidPath, &both),
        (json!({"op": "replace", "path": "title[type eq \"x\"]", "value": 1}), InvalidFilter, &both),
        (json!({"op": "replace", "path": "id", "value": "x"}), Mutability, &both),
        (json!({"op": "add", "path": "groups", "value": [{"value": "x"}]}), Mutability, &both),
        (json!({"op": "replace", "path": "meta.version", "value": "x"}), Mutability, &both),
        (json!({"op": "remove", "path": "userName"}), Mutability, &both),
        (json!({"op": "replace", "value": {"userName": null}}), Mutability, &both),
        (json!({"op": "replace", "path": "emails.primary", "value": true}), InvalidValue, strict),
        (json!({"op": "replace", "path": "active", "value": "maybe"}), InvalidValue, &both),
        (json!({"op": "replace", "path": "title", "value": {"a": 1}}), InvalidValue, &both),
        (json!({"op": "replace", "path": "displayName"}), InvalidValue, &both),
        (json!({"op": "replace", "value": "x"}), InvalidValue, &both),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            InvalidValue,
            &both,
        ),
        (json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}), NoTarget, strict),
        (json!({"op": "replace", "path": "emails[type eq \"other\"].type", "value": null}), NoTarget, strict),
        (json!({"op": "replace", "path": "emails", "value": [null]}), InvalidValue, strict),
        // A list of values that the schema does not know is not the absence of values.
        (json!({"op": "replace", "path": "emails", "value": [{"unknown": 1}]}), InvalidValue, &both),
        (json!({"op": "replace", "path": "emails", "value": [{}, null]}), InvalidValue, &both),
        (json!({"op": "replace", "path": "roles", "value": [{"unknown": 1}, {}]}), InvalidValue, &both),
        (json!({"op": "add", "value": {"roles": [{}]}}), InvalidValue, &both),
        (json!({"op": "add", "path": "title", "value": null}), InvalidValue, strict),
        (
            json!({"op": "replace", "path": "emails[primary eq \"maybe\"].value", "value": "x"}),
            NoTarget,
            &both,
        ),
        (json!({"op": "remove", "path": "emails[primary gt true]"}), InvalidFilter, &both),
        (json!({"op": "Replace", "path": "title", "value": "x"}), InvalidSyntax, strict),
        (json!({"op": "replace", "path": "active", "value": "True"}), InvalidValue, strict),
        (json!({"op": "replace", "value": {"unknown": 1}}), InvalidValue, strict),
        (json!({"op": "replace", "path": "name", "value": {"unknown": 1}}), InvalidValue, strict),
        (json!({"op": "replace", "path": URN, "value": {"unknown": 1}}), InvalidValue, strict),
        (json!({"op": "remove", "path": "emails[unknown eq 1]"}), InvalidFilter, strict),
        (
            json!({"op": "remove", "path": "emails[type eq \"x\" and not (unknown pr)].value"}),
            InvalidFilter,
            strict,
        ),
    ] {
        for policy in policies {
            let error = patched(&json!([operation]), *policy);
            assert_eq!(error, Err((400, Some(keyword))), "{operation} {policy:?}");
        }
    }
    assert_ne!(InvalidFilter, InvalidPath);
}

#[test]
fn a_removal_removes_no_more_than_its_value_names() {
    let home = || json!({"value": "h@x.org", "type": "home"});
    let work = || json!({"value": "w@x.org", "type": "work", "primary": true});
    let invalid = Err((400, Some(ScimType::InvalidValue)));
    for (value, lenient) in [
        (json!([]), Ok(stored())),
        (json!([{"value": "none@x.org"}]), Ok(stored())),
        (json!([{"value": "w@x.org"}]), Ok(with(&json!({"emails": [home()]})))),
        // Upper and lower case differ only where the schema says so.
        (json!([{"value": "W@X.org"}]), Ok(with(&json!({"emails": [home()]})))),
        (json!([{"type": "HOME"}]), Ok(with(&json!({"emails": [work()]})))),
        (json!([{"display": "H"}]), Ok(stored())),
        (json!([null]), invalid.clone()),
        (json!([{"value": null}]), invalid.clone()),
        (json!([{"unknown": "Ada"}]), invalid.clone()),
        (json!([{"value": "w@x.org"}, {}]), invalid.clone()),
    ] {
        let operation = json!([{"op": "remove", "path": "emails", "value": value}]);
        assert_eq!(patched(&operation, Strictness::lenient()), lenient, "{value}");
        assert_eq!(patched(&operation, Strictness::strict()), invalid, "{value}");
        let operation = json!([{"op": "remove", "path": "emails.type", "value": value}]);
        assert_eq!(patched(&operation, Strictness::lenient()), invalid, "{value}");
    }
}

#[test]
fn null_is_no_value_of_a_removal() {
    for path in ["emails", "emails.type", "emails[type eq \"home\"]", "displayName", "name.givenName", URN] {
        let [with_null, without] =
            [json!([{"op": "remove", "path": path, "value": null}]), json!([{"op": "remove", "path": path}])];
        for strictness in [Strictness::strict(), Strictness::lenient()] {
            let expected = patched(&without, strictness);
            assert_ne!(expected, Ok(stored()), "{path}");
            assert_eq!(patched(&with_null, strictness), expected, "{path}");
        }
    }
}
