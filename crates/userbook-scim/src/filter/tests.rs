use serde_json::{Map, Value, json};

use super::*;
use crate::{Mapping, work::Work};

fn user() -> Map<String, Value> {
    let user = json!({
        "id": "7", "userName": "Ada@Example.com", "active": true, "title": "Dr",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": "ada@example.com", "type": "work", "primary": true}, {"value": "a@home.org", "type": "home"}],
        "meta": {"lastModified": "2024-05-01T10:00:00Z"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "9"}},
    });
    user.as_object().cloned().unwrap()
}

fn holds(text: &str, strictness: Strictness) -> Result<bool, Option<ScimType>> {
    let filter = parse_filter(text, strictness, &ScimLimits::default()).map_err(|error| error.scim_type)?;
    let mut work = Work::search(ScimLimits::default().search_bytes);
    matches(&filter, &user(), &Mapping::default().schema, &mut work).map_err(|error| error.scim_type)
}

#[test]
fn filters_of_rfc_7644() {
    const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for (filter, expected) in [
        (r#"userName eq "ADA@example.com""#, true),
        (r#"USERNAME Eq "ada@example.com""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada""#, true),
        (r#"id eq "7""#, true),
        (r#"userName ne "ada@example.com""#, false),
        (r#"nickName ne "x""#, true),
        (r#"nickName eq "x""#, false),
        (r#"unknown eq "x""#, false),
        ("nickName pr", false),
        ("title pr and name.familyName co \"ACE\"", true),
        (r#"title eq "x" or (active eq true and not (title eq "x"))"#, true),
        (r#"emails co "home.org""#, true),
        (r#"emails.type eq "home""#, true),
        (r#"emails[type eq "work" and value ew "@example.com"]"#, true),
        (r#"emails[type eq "work" and value ew "home.org"]"#, false),
        (r#"emails[not (type eq "work")]"#, true),
        (r#"not(title eq "x")"#, true),
        (r#"title pr and not(title eq "not(")"#, true),
        (r#"emails[not(type eq "work")]"#, true),
        (r#"title eq "dR" and title sw "d" and title ew "R" and title co "dr""#, true),
        (r#"meta.lastModified gt "2024-05-01T09:59:59+00:00""#, true),
        (r#"meta.lastModified le "2024-05-01T11:59:59+02:00""#, false),
        (&format!(r#"{URN}:department eq "r&d""#), true),
        (&format!(r#"{URN}:manager.value eq "9""#), true),
        (&format!(r#"{URN}:manager eq "9""#), true),
        ("title eq null", false),
        ("nickName eq null", true),
        ("active eq false", false),
    ] {
        assert_eq!(holds(filter, Strictness::strict()), Ok(expected), "{filter}");
        assert_eq!(holds(filter, Strictness::lenient()), Ok(expected), "{filter}");
    }
}

#[test]
fn values_without_quotes_are_lenient() {
    for (filter, expected) in [
        ("active eq True", true),
        ("active eq \"true\"", true),
        ("userName eq ada@example.com", true),
        ("(userName eq ada@example.com)", true),
        ("emails[type eq work].value eq x", false),
        ("emails[type eq work and value co example]", true),
        ("title eq Dr and active eq TRUE", true),
    ] {
        assert_eq!(holds(filter, Strictness::lenient()), Ok(expected), "{filter}");
        if !filter.contains('"') {
            assert_eq!(holds(filter, Strictness::strict()), Err(Some(ScimType::InvalidFilter)), "{filter}");
        }
    }
    let text = r#"a eq "x \" eq y" and n eq 7 or b eq c"d"#;
    assert_eq!(normalize::normalized(text, true), r#"a eq "x \" eq y" and n eq 7 or b eq "c\"d""#);
}

#[test]
fn comparisons_behind_brackets_are_lenient() {
    for (filter, expected) in [
        (r#"emails[type eq "work"].value eq "ADA@example.com""#, Some(true)),
        (r#"emails[type eq "home"].value eq "ada@example.com""#, Some(false)),
        (r#"emails[type eq "work" or type eq "home"].value ew "home.org""#, Some(true)),
        (r#"emails[type eq "x]" or type eq "home"].value co "home" and userName sw "ada""#, Some(true)),
        (r#"emails[type eq "work"].value pr"#, Some(true)),
        (r#"emails[type eq "fax"].value pr"#, Some(false)),
        (r#"emails[type eq "work"].display pr"#, Some(false)),
        (r#"not (emails[type eq "work"].value co "].x eq 1")"#, Some(true)),
        ("(emails[primary eq true].value eq ada@example.com) and active eq true", Some(true)),
        (r#"title eq "[" and emails[type eq "work"].value sw "a""#, Some(false)),
        (r#"emails[type eq "work"]"#, Some(true)),
        (r#"emails[type eq "work"].value"#, None),
        (r#"emails[type eq "work"].value eq"#, None),
        (r#"emails[type eq "work"]. eq "x""#, None),
        (r#"emails[type eq "work"].value xx "y""#, None),
        (r#"emails].value eq "x""#, None),
        (r#"emails[].value eq "x""#, None),
    ] {
        let expected = expected.ok_or(Some(ScimType::InvalidFilter));
        assert_eq!(holds(filter, Strictness::lenient()), expected, "{filter}");
        if filter.contains("].") {
            assert_eq!(holds(filter, Strictness::strict()), Err(Some(ScimType::InvalidFilter)), "{filter}");
        }
    }
}

#[test]
fn malformed_and_oversized_filters_are_rejected() {
    let deep = format!("{}title pr{}", "not (".repeat(100), ")".repeat(100));
    let long = vec!["title pr"; 300].join(" or ");
    let huge = format!("title eq \"{}\"", "x".repeat(20_000));
    for (filter, expected) in [
        ("", Some(ScimType::InvalidFilter)),
        ("userName", Some(ScimType::InvalidFilter)),
        ("userName eq", Some(ScimType::InvalidFilter)),
        ("userName xx \"y\"", Some(ScimType::InvalidFilter)),
        ("active gt true", Some(ScimType::InvalidFilter)),
        (&*deep, Some(ScimType::InvalidFilter)),
        (&*long, Some(ScimType::TooMany)),
        (&*huge, None),
    ] {
        for strictness in [Strictness::strict(), Strictness::lenient()] {
            assert_eq!(holds(filter, strictness), Err(expected), "{filter:.60}");
        }
    }
}

#[test]
fn comparisons_have_a_budget_of_bytes() {
    let mut user = user();
    user.insert("title".to_owned(), "\u{416}".repeat(50_000).into());
    let filter = vec!["title co 1"; 256].join(" or ");
    let filter = parse_filter(&filter, Strictness::lenient(), &ScimLimits::default()).unwrap();
    for (limit, expected) in [(1 << 20, Err(Some(ScimType::TooMany))), (1 << 26, Ok(false))] {
        let mut work = Work::search(limit);
        let found = matches(&filter, &user, &Mapping::default().schema, &mut work);
        assert_eq!(found.map_err(|error| error.scim_type), expected, "{limit}");
    }
}
