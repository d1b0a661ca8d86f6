//! The chain as a whole; each mode is tested beside its code.

use serde_json::json;

use super::*;

fn avatar(chain: &str, attributes: &Value) -> String {
    let subject = AvatarSubject {
        username: "a/b c",
        name: "Alice Example",
        email: "Alice@Example.com",
        attributes: attributes.as_object().unwrap(),
    };
    chain.parse::<Avatars>().unwrap().avatar(&subject)
}

#[test]
fn first_mode_with_something_wins() {
    let deep = json!({ "a": { "b": "https://x/y.png", "n": 1, "e": "" }, "upn": "u@x", "script": "javascript:alert(1)" });
    for (chain, expected) in [
        ("none", NONE),
        ("none,attributes.a.b", NONE),
        ("attributes.a.b,none", "https://x/y.png"),
        ("attributes.a.e", NONE),
        ("attributes.a.n,attributes.upn", NONE),
        ("attributes.script,attributes.a.b", "https://x/y.png"),
        ("attributes.a.b.c,attributes.zz,attributes.a", NONE),
        ("attributes.zz,https://h/%(username)s", "https://h/a%2Fb%20c"),
        ("https://h/?u=%(upn)s&h=%(mail_hash)s", "https://h/?u=u%40x&h=c160f8cc69a4f0bf2b0362752353d060"),
        ("https://h/100%%25", "https://h/100%25"),
    ] {
        assert_eq!(avatar(chain, &deep), expected, "{chain}");
    }
    assert_eq!(avatar("https://h/%(upn)s", &json!({ "upn": 7 })), "https://h/");
    assert!(avatar("attributes.a.b,initials", &json!({})).starts_with("data:image/svg+xml;base64,"));
}

#[test]
fn chains_round_trip() {
    assert_eq!(Avatars::default().to_string(), "initials");
    for chain in [
        "none",
        "attributes.a.b,initials",
        "https://h/%%/%(username)s/%(mail_hash)s?%(upn)s,none",
        "x://%%%%",
    ] {
        assert_eq!(chain.parse::<Avatars>().unwrap().to_string(), chain);
    }
}

#[test]
fn errors_are_distinct() {
    for mode in ["", "Initials", "attributes", "attributes.", "initials ", "/a.png"] {
        assert_eq!(mode.parse::<Avatars>(), Err(AvatarModeError::Unknown(mode.to_owned())));
    }
    assert_eq!("initials,gravatar".parse::<Avatars>(), Err(AvatarModeError::NeedsNetwork));
    for url in ["h://%", "h://%s", "h://%(name)s", "h://%(username)d", "h://%(username", "h://%(username)"] {
        assert_eq!(url.parse::<Avatars>(), Err(AvatarModeError::Placeholder(url.to_owned())));
    }
}
