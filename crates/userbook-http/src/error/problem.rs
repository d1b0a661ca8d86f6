//! Errors as problem details (RFC 9457).

use bytes::Bytes;
use serde::Serialize;
use userbook::{JsonObject, Violations, violation::Violation};

use super::{
    ApiError, ErrorDetails, InputError, InputLocation,
    plain::{Reasons, json},
};

/// Prefix of the `type` of a problem, followed by the code. A stable name, not an address.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a JsonObject>,
}

/// One violation or invalid input.
#[derive(Debug, Serialize)]
struct Entry {
    /// Null for violations of the request as a whole.
    field: Option<&'static str>,
    /// The query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'static str>,
    /// The position in the body as a JSON pointer (RFC 6901).
    pointer: String,
    code: String,
    params: JsonObject,
    message: String,
}

pub(super) fn render(error: &ApiError) -> Result<Bytes, serde_json::Error> {
    let ApiError { kind, detail, details, .. } = error;
    let (mut fields, mut errors, mut params) = (None, None, None);
    match details {
        ErrorDetails::Nothing | ErrorDetails::General => {}
        ErrorDetails::Params(denial) => params = Some(denial),
        ErrorDetails::Fields(reasons) => fields = Some(Reasons(reasons)),
        ErrorDetails::Violations(violations) => errors = Some(entries(violations)),
        ErrorDetails::Filter(input) => errors = Some(vec![input_entry(input)]),
        ErrorDetails::Inputs(inputs) => errors = Some(inputs.iter().map(input_entry).collect()),
    }
    json(&Problem {
        kind: format!("{TYPE}{}", kind.code()),
        title: kind.title(),
        status: error.status().as_u16(),
        detail,
        code: kind.code(),
        fields,
        errors,
        params,
    })
}

fn entries(violations: &Violations<&'static str>) -> Vec<Entry> {
    let entry = |Violation { field, kind }: &Violation<&'static str>| Entry {
        field: *field,
        parameter: None,
        pointer: field.map_or_else(String::new, |name| format!("/{name}")),
        code: kind.code().to_owned(),
        params: kind.params(),
        message: kind.to_string(),
    };
    violations.iter().map(entry).collect()
}

fn input_entry(input: &InputError) -> Entry {
    let in_body = input.location == InputLocation::Body;
    Entry {
        field: in_body.then_some(input.name),
        parameter: (!in_body).then_some(input.name),
        pointer: if in_body { format!("/{}", input.name) } else { String::new() },
        code: input.code.to_owned(),
        params: JsonObject::new(),
        message: input.message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use userbook::{Field, violation::ViolationKind};

    #[test]
    fn each_violation_has_its_code_and_parameters() {
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
    fn each_input_has_its_location() {
        let fault = |location, name| InputError { location, name, code: "invalid", message: "No.".into() };
        let error =
            ApiError::inputs(vec![fault(InputLocation::Query, "uuid"), fault(InputLocation::Body, "pk")]);
        let problem: Value = serde_json::from_slice(&render(&error).unwrap()).unwrap();
        let entry = |field: Value, pointer| json!({"field": field, "pointer": pointer, "code": "invalid", "params": {}, "message": "No."});
        let mut query = entry(Value::Null, "");
        query["parameter"] = json!("uuid");
        assert_eq!(problem["errors"], json!([query, entry(json!("pk"), "/pk")]));
    }
}
