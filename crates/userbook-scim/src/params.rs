//! The parameters of a query: in the query string, or in the body of `.search` (RFC 7644 §3.4.2 and §3.4.3).

use serde_json::Value;

use crate::{
    error::{ScimError, ScimType},
    resource::Projection,
    schema::ResourceSchema,
};

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
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ScimError> {
        let mut params = Self { start_index: 1, ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            params.set(&name, Input::Text(&value))?;
        }
        Ok(params)
    }

    /// Reads the body of `.search`.
    pub(crate) fn from_body(body: &Value) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::bad_request(ScimType::InvalidSyntax, "the body is not a JSON object"));
        };
        let mut params = Self { start_index: 1, ..Self::default() };
        for (name, value) in members {
            params.set(name, Input::Json(value))?;
        }
        Ok(params)
    }

    pub(crate) fn projection(&self, schema: &ResourceSchema) -> Projection {
        Projection::new(&self.attributes, &self.excluded, schema)
    }

    fn set(&mut self, name: &str, input: Input<'_>) -> Result<(), ScimError> {
        match name.to_ascii_lowercase().as_str() {
            "attributes" => self.attributes = input.names(),
            "excludedattributes" => self.excluded = input.names(),
            "filter" => self.filter = input.text().filter(|text| !text.trim().is_empty()),
            "sortby" => self.sort_by = input.text().filter(|text| !text.trim().is_empty()),
            "sortorder" => {
                self.descending = input.text().is_some_and(|it| it.eq_ignore_ascii_case("descending"));
            }
            // A value below 1 counts as 1, a negative count as 0 (RFC 7644 §3.4.2.4).
            "startindex" => self.start_index = input.number("startIndex")?.unwrap_or(1).max(1).unsigned_abs(),
            "count" => self.count = input.number("count")?.map(|count| count.max(0).unsigned_abs()),
            _ => {}
        }
        Ok(())
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy)]
enum Input<'i> {
    Text(&'i str),
    Json(&'i Value),
}

impl Input<'_> {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_owned()),
            Self::Json(value) => value.as_str().map(str::to_owned),
        }
    }

    fn names(self) -> Vec<String> {
        let split = |text: &str| -> Vec<String> {
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        match self {
            Self::Text(text) => split(text),
            Self::Json(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).flat_map(split).collect()
            }
            Self::Json(value) => split(value.as_str().unwrap_or_default()),
        }
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
        let query = "filter=a%20eq%20%22b%22&sortBy=id&sortOrder=descending&startIndex=0&count=-1&attributes=a,%20b&x=y";
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "a eq \"b\"",
            "sortBy": "id", "sortOrder": "descending", "startIndex": 0, "count": -1, "attributes": ["a", "b"],
        });
        let params = Params::parse(Some(query)).unwrap();
        assert_eq!(Params::from_body(&body).unwrap(), params);
        assert_eq!((params.start_index, params.count, params.attributes.len()), (1, Some(0), 2));
        for query in ["startIndex=x", "count=1.5"] {
            assert_eq!(
                Params::parse(Some(query)).unwrap_err().scim_type,
                Some(ScimType::InvalidValue),
                "{query}"
            );
        }
    }
}
