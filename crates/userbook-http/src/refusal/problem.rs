//! Refusals as problem details (RFC 9457).

use bytes::Bytes;
use serde::Serialize;
use userbook::{JsonObject, Violation, Violations};

use super::{
    ApiError, ErrorDetails, InputFault, Place,
    plain::{Reasons, json},
};

/// What the `type` of a problem begins with; the code follows. A stable name, not an address.
const TYPE: &str = "urn:userbook:problem:";

#[derive(Debug, Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Reasons<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Entry>>,
}

/// One fault.
#[derive(Debug, Serialize)]
struct Entry {
    /// Null if it concerns the request as a whole.
    field: Option<&'static str>,
    /// The parameter in the query string.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'static str>,
    /// Where in the body, as a JSON pointer (RFC 6901).
    pointer: String,
    code: String,
    params: JsonObject,
    message: String,
}

pub(super) fn render(refusal: &ApiError) -> Result<Bytes, serde_json::Error> {
    let ApiError { kind, detail, particulars, .. } = refusal;
    let (fields, errors) = match particulars {
        ErrorDetails::Nothing => (None, None),
        ErrorDetails::Fields(reasons) => (Some(Reasons(reasons)), None),
        ErrorDetails::Violations(violations) => (None, Some(entries(violations))),
        ErrorDetails::Inputs(faults) => (None, Some(faults.iter().map(input_entry).collect())),
    };
    json(&Problem {
        kind: format!("{TYPE}{}", kind.code()),
        title: kind.title(),
        status: kind.status().as_u16(),
        detail,
        code: kind.code(),
        fields,
        errors,
    })
}

fn entries(violations: &Violations) -> Vec<Entry> {
    let entry = |Violation { field, kind }: &Violation| {
        let field = field.map(userbook::Field::as_str);
        Entry {
            field,
            parameter: None,
            pointer: field.map_or_else(String::new, |name| format!("/{name}")),
            code: kind.code().to_owned(),
            params: kind.params(),
            message: kind.to_string(),
        }
    };
    violations.iter().map(entry).collect()
}

fn input_entry(fault: &InputFault) -> Entry {
    let in_body = fault.place == Place::Body;
    Entry {
        field: in_body.then_some(fault.name),
        parameter: (!in_body).then_some(fault.name),
        pointer: if in_body { format!("/{}", fault.name) } else { String::new() },
        code: fault.code.to_owned(),
        params: JsonObject::new(),
        message: fault.message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use userbook::{Field, ViolationKind};

    #[test]
    fn every_fault_is_told_with_its_code_and_parameters() {
        let mut violations = Violations::default();
        violations.push(Field::Username, ViolationKind::MaxLength { limit: 150 });
        violations.push_general(ViolationKind::SelfLockout);
        let body = render(&violations.into()).unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["type"], "urn:userbook:problem:invalid");
        assert_eq!(problem["status"], 400);
        assert_eq!(
            problem["errors"][0],
            json!({
                "field": "username", "pointer": "/username", "code": "max_length", "params": {"limit": 150},
                "message": "Ensure this field has no more than 150 characters.",
            })
        );
        assert_eq!(problem["errors"][1]["field"], Value::Null);
        assert_eq!(problem["errors"][1]["pointer"], "");
        assert_eq!(problem["errors"][1]["code"], "self_lockout");
    }
    #[test]
    fn inputs_are_told_by_where_they_were_sent() {
        let fault = |place, name| InputFault { place, name, code: "invalid", message: "No.".into() };
        let refusal = ApiError::inputs(vec![fault(Place::Query, "uuid"), fault(Place::Body, "pk")]);
        let problem: Value = serde_json::from_slice(&render(&refusal).unwrap()).unwrap();
        let entry = |field: Value, pointer| json!({"field": field, "pointer": pointer, "code": "invalid", "params": {}, "message": "No."});
        let mut query = entry(Value::Null, "");
        query["parameter"] = json!("uuid");
        assert_eq!(problem["errors"], json!([query, entry(json!("pk"), "/pk")]));
    }
}
