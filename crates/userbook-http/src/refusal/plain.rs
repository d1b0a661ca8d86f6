//! Refusals as authentik writes them. Those it does not know bear their code in addition.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};
use userbook::{Field, Violations};

use super::{ApiError, ErrorDetails, InputFault};

/// authentik's name for faults of the request as a whole.
const GENERAL: &str = "non_field_errors";

#[derive(Debug, Serialize)]
struct Plain<'a> {
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Reasons<'a>>,
}

/// Fields and why they may not be changed, as an object.
#[derive(Debug)]
pub(super) struct Reasons<'a>(pub(super) &'a [(Field, Cow<'static, str>)]);

/// FieldErrors by field, as an object of lists of messages.
struct ByField<'a>(&'a Violations);

/// FieldErrors by input, in the same way.
struct ByInput<'a>(&'a [InputFault]);

pub(super) fn render(refusal: &ApiError) -> Result<Bytes, serde_json::Error> {
    let ApiError { kind, detail, particulars, .. } = refusal;
    let fields = match particulars {
        ErrorDetails::Violations(violations) => return json(&ByField(violations)),
        ErrorDetails::Inputs(faults) => return json(&ByInput(faults)),
        ErrorDetails::Fields(reasons) => Some(Reasons(reasons)),
        ErrorDetails::Nothing => None,
    };
    json(&Plain { detail, code: (!kind.is_recorded()).then(|| kind.code()), fields })
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
        let mut map = serializer.serialize_map(None)?;
        let general = std::iter::once(None);
        for field in Field::ALL.into_iter().map(Some).chain(general) {
            let faults = self.0.iter().filter(|violation| violation.field == field);
            let messages: Vec<String> = faults.map(|violation| violation.kind.to_string()).collect();
            if !messages.is_empty() {
                map.serialize_entry(field.map_or(GENERAL, Field::as_str), &messages)?;
            }
        }
        map.end()
    }
}

impl Serialize for ByInput<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut inputs: Vec<(&str, Vec<&str>)> = Vec::new();
        for InputFault { name, message, .. } in self.0 {
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
    use crate::refusal::{Kind, Place};
    use userbook::ViolationKind;

    fn text(refusal: &ApiError) -> String {
        String::from_utf8(render(refusal).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn recorded_refusals_have_a_detail_and_nothing_else() {
        assert_eq!(text(&ApiError::not_found()), r#"{"detail":"Not found."}"#);
        assert_eq!(text(&ApiError::internal("secret")), r#"{"detail":"Internal server error."}"#);
    }

    #[test]
    fn others_bear_a_code() {
        let refusal = ApiError::new(Kind::ConditionFailed, "No.");
        assert_eq!(text(&refusal), r#"{"detail":"No.","code":"precondition_failed"}"#);
        let fields = vec![(Field::Email, "ask HR".into()), (Field::Type, "never".into())];
        assert_eq!(
            text(&ApiError::fields(Kind::FieldsDenied, "No.".into(), fields)),
            r#"{"detail":"No.","code":"permission_denied","fields":{"email":"ask HR","type":"never"}}"#
        );
    }

    #[test]
    fn faults_of_inputs_are_gathered_by_name() {
        let fault = |name, message| InputFault {
            place: Place::Query,
            name,
            code: "invalid",
            message: Cow::Borrowed(message),
        };
        let faults = vec![fault("uuid", "No."), fault("type", "a"), fault("uuid", "Never.")];
        assert_eq!(text(&ApiError::inputs(faults)), r#"{"uuid":["No.","Never."],"type":["a"]}"#);
    }

    #[test]
    fn faults_come_in_field_order() {
        let mut violations = Violations::default();
        violations.push_general(ViolationKind::LastSuperuser);
        violations.push(Field::Type, ViolationKind::Null);
        violations.push(Field::Email, ViolationKind::NullCharacter);
        violations.push(Field::Email, ViolationKind::InvalidEmail);
        assert_eq!(
            text(&violations.into()),
            "{\"email\":[\"Null characters are not allowed.\",\"Enter a valid email address.\"],\
             \"type\":[\"This field may not be null.\"],\
             \"non_field_errors\":[\"The last active superuser can't lose that power.\"]}"
        );
    }
}
