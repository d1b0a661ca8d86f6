use serde_json::{Value, json};
use userbook::UserType;

use super::*;
use crate::error::ErrorFormat;

fn fault(params: &mut Params<'_>) -> Value {
    match params.check() {
        Ok(()) => Value::Null,
        Err(error) => {
            let response = error.into_response(ErrorFormat::Recorded);
            assert_eq!(response.status(), 400);
            serde_json::from_slice(response.body()).unwrap()
        }
    }
}

#[test]
fn one_value() {
    for (query, text, boolean, faults) in [
        ("", None, None, Value::Null),
        ("x=", None, None, Value::Null),
        ("x=+", None, None, Value::Null),
        ("x=True", Some("True"), Some(true), Value::Null),
        ("x=+True%1C", Some("True"), None, json!({"x": ["Must be a valid boolean."]})),
        ("x=1&x=False", Some("False"), Some(false), Value::Null),
        ("x=TRUE", Some("TRUE"), None, json!({"x": ["Must be a valid boolean."]})),
        ("x=1", Some("1"), None, json!({"x": ["Must be a valid boolean."]})),
        ("x=yes", Some("yes"), None, json!({"x": ["Must be a valid boolean."]})),
        ("x=a%00b", None, None, json!({"x": [NULL_CHARACTER, "Must be a valid boolean."]})),
    ] {
        let mut params = Params::parse(Some(query));
        assert_eq!(params.text("x").as_deref(), text, "{query}");
        assert_eq!(params.boolean("x"), boolean, "{query}");
        assert_eq!(fault(&mut params), faults, "{query}");
    }
}

#[test]
fn identifiers() {
    let id = Uuid::from_u128(7);
    for (value, expected) in [
        (id.to_string(), Some(id)),
        (id.simple().to_string().to_uppercase(), Some(id)),
        (id.urn().to_string(), Some(id)),
        ("7".to_owned(), None),
        ("zz".to_owned(), None),
    ] {
        let query = format!("uuid={value}");
        let mut params = Params::parse(Some(&query));
        assert_eq!(params.uuid("uuid"), expected, "{value}");
        let faults = if expected.is_none() { json!({"uuid": ["Enter a valid UUID."]}) } else { Value::Null };
        assert_eq!(fault(&mut params), faults, "{value}");
    }
}

#[test]
fn several_values() {
    let read = |query: &str| {
        let mut params = Params::parse(Some(query));
        let types =
            params.any("type", |text| text.parse::<UserType>().map_err(|_| format!("{text} is wrong.")));
        let found: BTreeSet<UserType> = types.into_values().collect();
        (found.into_iter().map(UserType::as_str).collect::<Vec<_>>().join(" "), fault(&mut params))
    };
    assert_eq!(read(""), (String::new(), Value::Null));
    assert_eq!(read("type=external&type=internal&type=external").0, "internal external");
    assert_eq!(read("type=external&type=").1, json!({"type": [" is wrong."]}));
    assert_eq!(read("type=robot&type=cat").1, json!({"type": ["robot is wrong."]}));
    let many = (0..=MAX_VALUES).map(|n| format!("n={n}")).collect::<Vec<_>>().join("&");
    let mut params = Params::parse(Some(&many));
    assert_eq!(params.any("n", |text| Ok(text.len())).len(), 0);
    assert_eq!(fault(&mut params), json!({"n": ["Ensure there are no more than 100 values."]}));
}

#[test]
fn words_of_a_search() {
    let words = |query: &str| Params::parse(Some(query)).words("search").join("|");
    assert_eq!(words("search=b,+a%09a%00"), "a|b");
    assert_eq!(words("search=+,"), "");
    let many: Vec<_> = (0..=MAX_WORDS).map(|n| n.to_string()).collect();
    let query = format!("search={}", many.join("+"));
    let mut params = Params::parse(Some(&query));
    params.words("search");
    assert_eq!(fault(&mut params), json!({"search": ["Ensure there are no more than 32 words."]}));
}

#[test]
fn inclusion() {
    for (query, expected) in
        [("", true), ("x=TRUE", true), ("x=", false), ("x=1", false), ("x=true&x=no", false)]
    {
        assert_eq!(Params::parse(Some(query)).includes("x"), expected, "{query}");
    }
}
