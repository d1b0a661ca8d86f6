//! Errors in authentik's format. Kinds that authentik does not have contain their code in addition.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};
use userbook::{Field, JsonObject, Violations, violation::Violation};

use super::{ApiError, ErrorDetails, InputError};

/// authentik's key for violations of the request as a whole.
const GENERAL: &str = "non_field_errors";

#[derive(Debug, Serialize)]
struct Plain<'a> {
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Reasons<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a JsonObject>,
}

/// Denied fields with reasons, as an object.
#[derive(Debug)]
pub(super) struct Reasons<'a>(pub(super) &'a [(Field, Cow<'static, str>)]);

/// Violations by field, as an object of lists of messages. Those of one field are adjacent.
struct ByField<'a>(&'a Violations<&'static str>);

/// Errors by input, in the same format.
struct ByInput<'a>(&'a [InputError]);

pub(super) fn render(error: &ApiError) -> Result<Bytes, serde_json::Error> {
    let ApiError { kind, detail, details, .. } = error;
    let (fields, params) = match details {
        ErrorDetails::General => return json(&BTreeMap::from([(GENERAL, detail)])),
        ErrorDetails::Violations(violations) => return json(&ByField(violations)),
        ErrorDetails::Inputs(errors) => return json(&ByInput(errors)),
        ErrorDetails::Filter(error) => return json(&[&error.message]),
        ErrorDetails::Fields(reasons) => (Some(Reasons(reasons)), None),
        ErrorDetails::Params(params) => (None, Some(params)),
        ErrorDetails::Nothing => (None, None),
    };
    json(&Plain { detail, code: (!kind.is_recorded()).then(|| kind.code()), fields, params })
}

pub(super) fn json(value: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(value).map(Bytes::from)
}

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, reason)| (field.as_str(), reason)))
    }
}

impl Serialize for ByField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let violations: Vec<&Violation<&'static str>> = self.0.iter().collect();
        let mut map = serializer.serialize_map(None)?;
        for of_field in violations.chunk_by(|one, other| one.field == other.field) {
            let messages: Vec<String> = of_field.iter().map(|violation| violation.kind.to_string()).collect();
            let field = of_field.first().and_then(|violation| violation.field);
            map.serialize_entry(field.unwrap_or(GENERAL), &messages)?;
        }
        map.end()
    }
}

impl Serialize for ByInput<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut inputs: Vec<(&str, Vec<&str>)> = Vec::new();
        for InputError { name, message, .. } in self.0 {
            match inputs.iter_mut().find(|(known, _)| known == name) {
                Some((_, messages)) => messages.push(message),
                None => inputs.push((name, vec![message])),
            }
        }
        serializer.collect_map(inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{InputLocation, Kind};
    use userbook::violation::ViolationKind;

    fn text(error: &ApiError) -> String {
        String::from_utf8(render(error).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn recorded_errors_have_only_a_detail() {
        assert_eq!(text(&ApiError::not_found()), r#"{"detail":"Not found."}"#);
        assert_eq!(text(&ApiError::internal("secret")), r#"{"detail":"Internal server error."}"#);
    }

    #[test]
    fn other_errors_have_a_code_and_parameters() {
        let error = ApiError::new(Kind::ConditionFailed, "No.");
        assert_eq!(text(&error), r#"{"detail":"No.","code":"precondition_failed"}"#);
        let params = JsonObject::from_iter([("group".to_owned(), "x".into())]);
        assert_eq!(
            text(&ApiError::new(Kind::GrantsSuperuser, "No.").with_params(params)),
            r#"{"detail":"No.","code":"grants_superuser","params":{"group":"x"}}"#
        );
        let fields = vec![(Field::Email, "ask HR".into()), (Field::Type, "never".into())];
        assert_eq!(
            text(&ApiError::fields(Kind::FieldsDenied, "No.".into(), fields)),
            r#"{"detail":"No.","code":"permission_denied","fields":{"email":"ask HR","type":"never"}}"#
        );
    }

    #[test]
    fn invalid_inputs_are_grouped_by_name() {
        let fault = |name, message| InputError {
            location: InputLocation::Query,
            name,
            code: "invalid",
            message: Cow::Borrowed(message),
        };
        let faults = vec![fault("uuid", "No."), fault("type", "a"), fault("uuid", "Never.")];
        assert_eq!(text(&ApiError::inputs(faults)), r#"{"uuid":["No.","Never."],"type":["a"]}"#);
    }

    #[test]
    fn violations_come_in_field_order() {
        let mut violations = Violations::default();
        violations.push_general(ViolationKind::LastSuperuser);
        violations.push(Field::Type, ViolationKind::Null);
        violations.push(Field::Email, ViolationKind::NullCharacter);
        violations.push(Field::Email, ViolationKind::InvalidEmail);
        assert_eq!(
            text(&violations.into()),
            "{\"email\":[\"Null characters are not allowed.\",\"Enter a valid email address.\"],\
             \"type\":[\"This field may not be null.\"],\
             \"non_field_errors\":[\"The last superuser must remain.\"]}"
        );
    }
}
