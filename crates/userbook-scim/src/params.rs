//! The parameters of a query: in the query string, or in the body of `.search` (RFC 7644 §3.4.2 and §3.4.3).

use serde_json::Value;

use crate::{
    ScimLimits, Strictness,
    error::{ScimError, ScimType},
    members::member,
    resource::Projection,
    schema::ResourceSchema,
};

/// The schema of the body of `.search`.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The parameters of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Params {
    attributes: Vec<String>,
    excluded: Vec<String>,
    pub(crate) filter: Option<String>,
    pub(crate) sort_by: Option<String>,
    pub(crate) descending: bool,
    /// The position of the first resource, starting with 1.
    pub(crate) start_index: u64,
    pub(crate) count: Option<u64>,
}

impl Params {
    /// Reads the query string.
    pub(crate) fn parse(query: Option<&str>, limits: &ScimLimits) -> Result<Self, ScimError> {
        let mut params = Self { start_index: 1, ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            params.set(&name, Input::Text(&value), limits.attribute_names)?;
        }
        Ok(params)
    }

    /// Excludes one attribute of the resource.
    pub(crate) fn without(attribute: &str) -> Self {
        Self { start_index: 1, excluded: vec![attribute.to_owned()], ..Self::default() }
    }

    /// Reads the body of `.search`.
    pub(crate) fn from_body(
        body: &Value,
        limits: &ScimLimits,
        strictness: Strictness,
    ) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::bad_request(ScimType::InvalidSyntax, "the body is not a JSON object"));
        };
        let schemas = member(members, "schemas").and_then(Value::as_array);
        let names_schema = schemas.is_some_and(|urns| urns.iter().any(|urn| urn == SCHEMA));
        if !names_schema && !strictness.is_lenient() {
            let detail = format!("schemas does not contain {SCHEMA}");
            return Err(ScimError::bad_request(ScimType::InvalidSyntax, detail));
        }
        let mut params = Self { start_index: 1, ..Self::default() };
        for (name, value) in members {
            let input = match value {
                Value::String(text) if strictness.is_lenient() => Input::Text(text),
                value => Input::Json(value),
            };
            params.set(name, input, limits.attribute_names)?;
        }
        Ok(params)
    }

    pub(crate) fn projection(&self, schema: &ResourceSchema) -> Projection {
        Projection::new(&self.attributes, &self.excluded, schema)
    }

    fn set(&mut self, name: &str, input: Input<'_>, limit: usize) -> Result<(), ScimError> {
        match name.to_ascii_lowercase().as_str() {
            // A query string may repeat the parameter.
            "attributes" => input.names("attributes", limit, &mut self.attributes)?,
            "excludedattributes" => input.names("excludedAttributes", limit, &mut self.excluded)?,
            "filter" => {
                let filter = input.text("filter", ScimType::InvalidFilter)?;
                self.filter = filter.filter(|text| !text.trim().is_empty());
            }
            "sortby" => {
                let path = input.text("sortBy", ScimType::InvalidPath)?;
                self.sort_by = path.filter(|text| !text.trim().is_empty());
            }
            "sortorder" => {
                let order = input.text("sortOrder", ScimType::InvalidValue)?;
                self.descending = is_descending(order.as_deref().unwrap_or_default())?;
            }
            // A value below 1 counts as 1, a negative count as 0 (RFC 7644 §3.4.2.4).
            "startindex" => self.start_index = input.number("startIndex")?.unwrap_or(1).max(1).unsigned_abs(),
            "count" => self.count = input.number("count")?.map(|count| count.max(0).unsigned_abs()),
            _ => {}
        }
        Ok(())
    }
}

/// No order is the ascending one.
fn is_descending(order: &str) -> Result<bool, ScimError> {
    match order.to_ascii_lowercase().as_str() {
        "" | "ascending" => Ok(false),
        "descending" => Ok(true),
        _ => Err(ScimError::invalid_value("sortOrder is neither \"ascending\" nor \"descending\"")),
    }
}

fn not_names(parameter: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidSyntax, format!("{parameter} is not a list of names"))
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy)]
enum Input<'i> {
    Text(&'i str),
    Json(&'i Value),
}

impl Input<'_> {
    fn text(self, name: &str, scim_type: ScimType) -> Result<Option<String>, ScimError> {
        match self {
            Self::Text(text) => Ok(Some(text.to_owned())),
            Self::Json(Value::String(text)) => Ok(Some(text.clone())),
            Self::Json(Value::Null) => Ok(None),
            Self::Json(_) => Err(ScimError::bad_request(scim_type, format!("{name} is not a text"))),
        }
    }

    /// Adds the names in a list, or in a text with commas.
    fn names(self, parameter: &str, limit: usize, names: &mut Vec<String>) -> Result<(), ScimError> {
        let texts: Vec<&str> = match self {
            Self::Text(text) => vec![text],
            Self::Json(Value::Array(items)) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| not_names(parameter))?
            }
            Self::Json(Value::Null) => Vec::new(),
            Self::Json(value) => vec![value.as_str().ok_or_else(|| not_names(parameter))?],
        };
        let more = texts.into_iter().flat_map(|text| text.split(',')).map(str::trim);
        let more = more.filter(|name| !name.is_empty()).map(str::to_owned);
        names.extend(more.take(limit.saturating_add(1)));
        if names.len() > limit {
            return Err(ScimError::too_large(format!("{parameter} exceeds {limit} names")));
        }
        Ok(())
    }

    fn number(self, name: &str) -> Result<Option<i64>, ScimError> {
        let number = match self {
            Self::Text("") | Self::Json(Value::Null) => return Ok(None),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Json(value) => value.as_i64(),
        };
        let invalid = || ScimError::invalid_value(format!("{name} is not a whole number"));
        number.map(Some).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn query_and_body_are_equal() {
        let strict = Strictness::strict();
        let query = "filter=a%20eq%20%22b%22&sortBy=id&sortOrder=descending&startIndex=0&count=-1&attributes=a,%20b&x=y";
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "a eq \"b\"",
            "sortBy": "id", "sortOrder": "descending", "startIndex": 0, "count": -1, "attributes": ["a", "b"],
        });
        let limits = ScimLimits::default();
        let params = Params::parse(Some(query), &limits).unwrap();
        assert_eq!(Params::from_body(&body, &limits, strict).unwrap(), params);
        assert_eq!((params.start_index, params.count, params.attributes.len()), (1, Some(0), 2));
        for query in ["startIndex=x", "count=1.5", "sortOrder=down"] {
            assert_eq!(
                Params::parse(Some(query), &limits).unwrap_err().scim_type,
                Some(ScimType::InvalidValue),
                "{query}"
            );
        }
    }

    #[test]
    fn empty_and_repeated_parameters() {
        let params = |query: &str| Params::parse(Some(query), &ScimLimits::default());
        assert_eq!(params("filter=&count=&sortBy=&startIndex=").unwrap(), params("").unwrap());
        assert_eq!(params("filter=%20").unwrap().filter, None);
        for name in ["attributes", "excludedAttributes"] {
            let repeated = params(&format!("{name}=userName,title&{name}=displayName")).unwrap();
            assert_eq!(repeated, params(&format!("{name}=userName,title,displayName")).unwrap());
            let many = vec![format!("{name}=id"); 257].join("&");
            assert_eq!(params(&many).unwrap_err().status, 413, "{name}");
        }
    }

    #[test]
    fn a_body_is_read_by_its_strictness() {
        let [strict, lenient] = [Strictness::strict(), Strictness::lenient()].map(|strictness| {
            move |body: &Value| Params::from_body(body, &ScimLimits::default(), strictness)
        });
        for body in
            [json!({"count": 1}), json!({"schemas": [], "count": 1}), json!({"schemas": ["x"], "count": 1})]
        {
            assert_eq!(strict(&body).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{body}");
            assert_eq!(lenient(&body).unwrap().count, Some(1), "{body}");
        }
        let texts = json!({"schemas": [SCHEMA], "count": "1", "startIndex": " 2 "});
        let params = lenient(&texts).unwrap();
        assert_eq!((params.count, params.start_index), (Some(1), 2));
        assert_eq!(strict(&texts).unwrap_err().scim_type, Some(ScimType::InvalidValue));
        assert!(lenient(&json!({"count": "x"})).is_err());
    }

    #[test]
    fn values_of_another_type_are_errors() {
        use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue};
        let many = vec!["id"; 257];
        for (body, expected) in [
            (json!({"filter": {"a": 1}}), Some((400, Some(InvalidFilter)))),
            (json!({"filter": 5}), Some((400, Some(InvalidFilter)))),
            (json!({"sortBy": ["id"]}), Some((400, Some(InvalidPath)))),
            (json!({"sortOrder": 1}), Some((400, Some(InvalidValue)))),
            (json!({"attributes": {"id": 1}}), Some((400, Some(InvalidSyntax)))),
            (json!({"attributes": ["id", 1]}), Some((400, Some(InvalidSyntax)))),
            (json!({"excludedAttributes": 7}), Some((400, Some(InvalidSyntax)))),
            (json!({"attributes": many}), Some((413, None))),
            (json!({"attributes": many.join(",")}), Some((413, None))),
            (json!({"filter": null, "attributes": null, "sortBy": null, "count": null}), None),
        ] {
            let error = Params::from_body(&body, &ScimLimits::default(), Strictness::lenient()).err();
            assert_eq!(error.map(|it| (it.status.as_u16(), it.scim_type)), expected, "{body:.60}");
        }
    }
}
