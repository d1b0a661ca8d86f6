//! Reads the body of a request for a service account.

use chrono::Duration;
use serde_json::Value;
use userbook::{
    Field, JsonObject, NewUser, Policy, Safeguard, Timestamp, UserType, Violations,
    field::{FieldErrors, Name, UserPath, Username},
    update::{AttributesOp, FieldOps, Mode, Op},
    violation::ViolationKind,
};

use crate::{
    error::{ApiError, InputError, InputLocation},
    lenient::{DateTimeFault, boolean, parse_datetime},
};

/// The path of service accounts.
const PATH: &str = "goauthentik.io/service-accounts";
/// The attribute that says whether tokens of the account expire.
const EXPIRING: &str = "goauthentik.io/user/token-expires";
/// The time after which a token expires, unless the request says otherwise.
const VALID: Duration = Duration::days(360);

/// A service account to create.
#[derive(Debug)]
pub(super) struct AccountRequest {
    /// The name as sent.
    pub(super) name: String,
    username: Result<Username, FieldErrors>,
    display_name: Result<Name, FieldErrors>,
    pub(super) create_group: bool,
    pub(super) expiring: bool,
    /// Whether the token expires, as sent: the value of the attribute.
    expiring_sent: Value,
    /// The expiry of the token; `None` leaves it to the host.
    pub(super) expires: Option<Timestamp>,
}

pub(super) fn is_known(key: &str) -> bool {
    ["name", "create_group", "expiring", "expires"].contains(&key)
}

/// Reads the request. As recorded, `name` is used as sent; under [`Safeguard::PlainNames`] it is a username like any
/// other.
pub(super) fn read(object: &JsonObject, policy: &Policy, now: Timestamp) -> Result<AccountRequest, ApiError> {
    let mut faults = Vec::new();
    let mut fault = |name, code, message: &str| {
        let location = InputLocation::Body;
        faults.push(InputError { location, name, code, message: message.to_owned().into() });
    };
    let name = match object.get("name") {
        None | Some(Value::Null) => return Err(missing("A service account needs a name.")),
        Some(Value::String(name)) => name.clone(),
        Some(_) => {
            fault("name", "invalid", "Not a valid string.");
            String::new()
        }
    };
    let expiring_sent = match object.get("expiring") {
        None => Value::Bool(true),
        Some(Value::Null) => return Err(missing("The expiry of tokens must be true or false.")),
        Some(sent) => sent.clone(),
    };
    let expiring = column_boolean(&expiring_sent).unwrap_or_else(|| {
        fault("expiring", "invalid", "Must be a valid boolean.");
        true
    });
    let expires = match object.get("expires") {
        None => now.checked_add_signed(VALID),
        Some(Value::Null) => None,
        Some(value) => match value.as_str().map(parse_datetime) {
            Some(Ok(time)) => Some(time),
            Some(Err(DateTimeFault::OutOfRange)) => {
                fault("expires", "overflow", &ViolationKind::DateTimeOverflow.to_string());
                None
            }
            Some(Err(DateTimeFault::WrongFormat)) | None => {
                fault("expires", "invalid", &ViolationKind::InvalidDateTime.to_string());
                None
            }
        },
    };
    if !faults.is_empty() {
        return Err(ApiError::inputs(faults));
    }
    let (username, display_name) = if policy.has(Safeguard::PlainNames) {
        (Username::parse(&name), Name::parse(&name))
    } else {
        (Username::verbatim(name.as_str()), Name::verbatim(name.as_str()))
    };
    let create_group = object.get("create_group").is_some_and(is_true);
    Ok(AccountRequest { name, username, display_name, create_group, expiring, expiring_sent, expires })
}

impl AccountRequest {
    /// Returns the user.
    pub(super) fn user(&self) -> NewUser {
        let attributes = JsonObject::from_iter([(EXPIRING.to_owned(), self.expiring_sent.clone())]);
        let fields = FieldOps {
            username: self.username.clone().into(),
            name: self.display_name.clone().into(),
            path: UserPath::parse(PATH).into(),
            user_type: Op::Set(UserType::ServiceAccount),
            attributes: Op::parse(Value::Object(attributes)).map(AttributesOp::Replace),
            ..FieldOps::new(Mode::Replace)
        };
        NewUser::from_update(fields.into())
    }
}

/// As recorded, the truth of any JSON value in Python.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// As recorded, the values that a boolean column accepts: fewer texts than a boolean of a user.
fn column_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => match text.as_str() {
            "t" | "True" | "1" => Some(true),
            "f" | "False" | "0" => Some(false),
            _ => None,
        },
        other => boolean(other),
    }
}

/// As recorded, a missing value is an error of the request as a whole.
fn missing(message: &str) -> ApiError {
    let (code, message) = ("required".to_owned(), message.to_owned());
    Violations::<Field>::from(ViolationKind::Custom { code, message, params: JsonObject::new() }).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use userbook::model::parse_timestamp;

    use super::*;

    fn read(body: Value) -> Result<AccountRequest, String> {
        let Value::Object(object) = body else { panic!("no object") };
        let now = parse_timestamp("2024-01-01T00:00:00Z").unwrap();
        super::read(&object, &Policy::authentik_2025_2(), now).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn expiry_is_given_absent_or_null() {
        let expires = |body| read(body).unwrap().expires;
        assert_eq!(expires(json!({"name": "x"})), parse_timestamp("2024-12-26T00:00:00Z"));
        assert_eq!(expires(json!({"name": "x", "expires": null})), None);
        let given = json!({"name": "x", "expires": "2031-02-03T04:05:06Z"});
        assert_eq!(expires(given), parse_timestamp("2031-02-03T04:05:06Z"));
        assert!(read(json!({"name": "x", "expires": "soon"})).is_err());
        assert!(read(json!({"name": "x", "expires": 5})).is_err());
    }

    #[test]
    fn any_true_value_creates_a_group() {
        for (value, expected) in [
            (json!(true), true),
            (json!("false"), true),
            (json!(1), true),
            (json!([0]), true),
            (json!(false), false),
            (json!(""), false),
            (json!(0.0), false),
            (json!([]), false),
            (json!({}), false),
            (json!(null), false),
        ] {
            let request = read(json!({"name": "x", "create_group": value})).unwrap();
            assert_eq!(request.create_group, expected, "{value}");
        }
        assert!(!read(json!({"name": "x"})).unwrap().create_group);
    }

    #[test]
    fn expiring_is_a_value_of_a_boolean_column() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!(1), Some(true)),
            (json!("t"), Some(true)),
            (json!("True"), Some(true)),
            (json!(false), Some(false)),
            (json!(0.0), Some(false)),
            (json!("0"), Some(false)),
            (json!("true"), None),
            (json!("yes"), None),
            (json!(2), None),
            (json!([true]), None),
            (json!(null), None),
        ] {
            let request = read(json!({"name": "x", "expiring": value})).ok();
            assert_eq!(request.as_ref().map(|it| it.expiring), expected, "{value}");
            if let Some(request) = request {
                assert_eq!(request.expiring_sent, value, "{value}");
            }
        }
        assert!(read(json!({"name": "x"})).unwrap().expiring);
    }

    #[test]
    fn names_are_texts_of_any_kind() {
        assert_eq!(read(json!({"name": " x "})).unwrap().username, Username::verbatim(" x "));
        assert_eq!(read(json!({"name": ""})).unwrap().username, Username::verbatim(""));
        assert!(read(json!({})).unwrap_err().contains("needs a name"));
        assert!(read(json!({"name": null})).unwrap_err().contains("needs a name"));
        assert!(read(json!({"name": 5})).unwrap_err().contains("Not a valid string."));
        assert!(read(json!({"name": "x", "expiring": "no"})).unwrap_err().contains("expiring"));
    }
}
