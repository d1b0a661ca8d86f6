//! Bulk requests (RFC 7644 §3.7).

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::Body;
use http_body_util::Empty;
use serde_json::{Map, Value, json};
use userbook::{
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};
use userbook_http::Failure;

use super::{
    Answer, Exchange, bulk_denied::Denied, groups::MEMBERS, payload::Payload, reply::Reply, route::resolve,
};
use crate::{
    Strictness,
    error::{ScimError, ScimType},
    etag::Preconditions,
    members::member,
    params::Params,
    schema::split_path,
    work::pause,
};

/// The schema of responses.
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// The schema of requests.
const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The members that name a resource.
const REFERENCING: [&str; 4] = ["value", "$ref", "members", "manager"];
/// The prefix of a reference to a resource that the request creates.
const REFERENCE: &str = "bulkId:";

/// One operation of the request.
#[derive(Debug)]
struct BulkOperation {
    method: String,
    bulk_id: Option<String>,
    version: Option<String>,
    path: String,
    data: Value,
}

/// The operations and the ids of created resources.
#[derive(Debug)]
struct BulkRun {
    /// The operations with their positions in the request; those that wait for others stay.
    waiting: Vec<(usize, BulkOperation)>,
    ids: BTreeMap<String, String>,
    results: BTreeMap<usize, Value>,
    errors: u64,
    fail_on_errors: Option<u64>,
    /// The cause of the first 500 or 503.
    failure: Option<Failure>,
    denied: Denied,
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn bulk<B>(&self, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.require_account().await?;
        let body = payload.read(&self.provider.limits).await?;
        let limit = self.provider.limits.bulk_operations;
        let mut run = BulkRun::read(&body, limit, self.connection.strictness)?;
        let (clock, time) = (&self.provider.clock, self.provider.limits.bulk_time);
        let until = clock.monotonic().saturating_add(time);
        // Each round runs the operations whose references are known; a circle of references never is.
        loop {
            let before = run.waiting.len();
            for (position, operation) in std::mem::take(&mut run.waiting) {
                if run.has_failed() {
                    break;
                }
                if clock.monotonic() >= until {
                    let late = Err(ScimError::late(format!("bulk request exceeds {time:?}")));
                    run.record(position, &operation, &operation.path, late, &self.provider.base);
                    continue;
                }
                match run.resolved(&operation) {
                    Some((path, data)) => {
                        let answer = self.bulk_operation(&operation, &path, data, &mut run.denied).await;
                        run.record(position, &operation, &path, answer, &self.provider.base);
                    }
                    None => run.waiting.push((position, operation)),
                }
                // Operations of a store in memory never wait.
                pause().await;
            }
            if run.waiting.is_empty() || run.waiting.len() == before || run.has_failed() {
                break;
            }
        }
        let (failure, denials) = (run.failure.take(), run.denied.count());
        Ok(Reply { failure, denials, ..Reply::json(StatusCode::OK, run.finish(&self.provider.base)) })
    }

    async fn bulk_operation(
        &self,
        operation: &BulkOperation,
        path: &str,
        data: Value,
        denied: &mut Denied,
    ) -> Answer {
        let exchange = Exchange {
            // The response contains no resources, so their members need not be read.
            params: Params::without(MEMBERS),
            preconditions: Preconditions::of_version(operation.version.as_deref()),
            ..*self
        };
        let path = path.trim_start_matches('/');
        let route = resolve(path.strip_suffix('/').unwrap_or(path)).ok_or_else(ScimError::not_found)?;
        let method = Method::from_bytes(operation.method.as_bytes());
        let method = method.map_err(|_| ScimError::invalid_value("the method of an operation is invalid"))?;
        denied.require_possible(&method, &route)?;
        let answer = exchange.write::<Empty<Bytes>>(&method, &route, Payload::Data(data)).await;
        denied.see(method, &route, &answer);
        answer
    }
}

fn syntax(detail: impl Into<Cow<'static, str>>) -> ScimError {
    ScimError::bad_request(ScimType::InvalidSyntax, detail)
}

/// Returns whether a key names a resource: `value`, `manager.value`, `urn:…:User:manager`.
fn is_referencing(key: &str) -> bool {
    let (_, name, sub) = split_path(key);
    REFERENCING.iter().any(|referencing| referencing.eq_ignore_ascii_case(sub.unwrap_or(name).trim()))
}

/// Requires that operations that create resources have different ids (RFC 7644 §3.7).
fn require_different_ids(operations: &[BulkOperation]) -> Result<(), ScimError> {
    let mut ids = BTreeSet::new();
    let creating = operations.iter().filter(|operation| operation.method == "POST");
    for id in creating.filter_map(|operation| operation.bulk_id.as_deref()) {
        if !ids.insert(id) {
            return Err(ScimError::invalid_value(format!("bulkId {id:?} is not unique")));
        }
    }
    Ok(())
}

impl BulkRun {
    fn read(body: &Value, limit: usize, strictness: Strictness) -> Result<Self, ScimError> {
        let Value::Object(body) = body else { return Err(syntax("the body is not a JSON object")) };
        let schemas = member(body, "schemas").and_then(Value::as_array);
        let names_schema = schemas.is_some_and(|urns| urns.iter().any(|urn| urn == REQUEST));
        if !names_schema && !strictness.is_lenient() {
            return Err(syntax("schemas does not contain the schema of bulk requests"));
        }
        let Some(Value::Array(operations)) = member(body, "Operations") else {
            return Err(syntax("Operations is not a list"));
        };
        if operations.len() > limit {
            let detail = format!("bulk request exceeds {limit} operations (got {})", operations.len());
            return Err(ScimError::too_large(detail));
        }
        let operations = operations.iter().map(BulkOperation::read).collect::<Result<Vec<_>, _>>()?;
        require_different_ids(&operations)?;
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let text = value.as_str().filter(|_| strictness.is_lenient());
                let number = value.as_u64().or_else(|| text?.trim().parse().ok());
                Some(number.ok_or_else(|| syntax("failOnErrors is not a whole number"))?)
            }
        };
        Ok(Self {
            waiting: operations.into_iter().enumerate().collect(),
            ids: BTreeMap::new(),
            results: BTreeMap::new(),
            errors: 0,
            fail_on_errors,
            failure: None,
            denied: Denied::default(),
        })
    }

    fn has_failed(&self) -> bool {
        self.fail_on_errors.is_some_and(|limit| limit > 0 && self.errors >= limit)
    }

    /// Returns path and data with ids instead of references; `None` if a reference is not known yet.
    fn resolved(&self, operation: &BulkOperation) -> Option<(String, Value)> {
        Some((self.text(&operation.path)?, self.value(&operation.data, false)?))
    }

    fn text(&self, text: &str) -> Option<String> {
        match text.split_once(REFERENCE) {
            Some((before, id)) => Some(format!("{before}{}", self.ids.get(id)?)),
            None => Some(text.to_owned()),
        }
    }

    /// Returns the path of a PATCH operation with ids instead of references in its filter:
    /// `members[value eq "bulkId:…"]`.
    fn patch_path(&self, path: &str) -> Option<String> {
        let Some((name, filter)) = path.split_once('[') else { return Some(path.to_owned()) };
        if !is_referencing(name) {
            return Some(path.to_owned());
        }
        let mut parts = filter.split('"');
        let mut resolved = format!("{name}[{}", parts.next().unwrap_or_default());
        for part in parts {
            resolved.push('"');
            match part.strip_prefix(REFERENCE) {
                Some(id) => resolved.push_str(self.ids.get(id)?),
                None => resolved.push_str(part),
            }
        }
        Some(resolved)
    }

    /// Only members that name a resource have references; another text may begin like a reference. The recursion
    /// follows the body, whose depth the parser limits.
    fn value(&self, value: &Value, names_resource: bool) -> Option<Value> {
        Some(match value {
            Value::String(text) if names_resource && text.starts_with(REFERENCE) => self.text(text)?.into(),
            Value::Array(items) => {
                items.iter().map(|item| self.value(item, names_resource)).collect::<Option<_>>()?
            }
            Value::Object(members) => {
                let is_patch = member(members, "op").is_some();
                let member = |(key, value): (&String, &Value)| {
                    let value = match value {
                        Value::String(path) if is_patch && key.eq_ignore_ascii_case("path") => {
                            self.patch_path(path)?.into()
                        }
                        value => self.value(value, is_referencing(key))?,
                    };
                    Some((key.clone(), value))
                };
                Value::Object(members.iter().map(member).collect::<Option<_>>()?)
            }
            other => other.clone(),
        })
    }

    fn record(&mut self, position: usize, operation: &BulkOperation, path: &str, answer: Answer, base: &str) {
        let mut result = operation.result();
        let named = (operation.method != "POST").then(|| format!("{base}/{}", path.trim_start_matches('/')));
        match answer {
            Ok(reply) => {
                let bulk_id = operation.bulk_id.as_ref().filter(|_| operation.method == "POST");
                if let (Some(bulk_id), Some(id)) = (bulk_id, reply.id) {
                    self.ids.insert(bulk_id.clone(), id.to_string());
                }
                self.failure = self.failure.take().or(reply.failure);
                result.insert("status".to_owned(), reply.status.as_str().into());
                if let Some(location) = reply.location.or(named) {
                    result.insert("location".to_owned(), location.into());
                }
                if let Some(version) = reply.version {
                    result.insert("version".to_owned(), version.into());
                }
            }
            Err(mut error) => {
                self.errors += 1;
                self.failure = self.failure.take().or_else(|| error.take_failure());
                result.insert("status".to_owned(), error.status.as_str().into());
                result.insert("response".to_owned(), error.to_json());
                if let Some(location) = named {
                    result.insert("location".to_owned(), location.into());
                }
            }
        }
        self.results.insert(position, Value::Object(result));
    }

    /// Returns the response. Operations after the last permitted error have no result.
    fn finish(mut self, base: &str) -> Value {
        if !self.has_failed() {
            let detail = "a bulkId is unknown, failed, or part of a circle";
            let unresolved = ScimError::conflict(detail).with_type(ScimType::InvalidValue);
            for (position, operation) in std::mem::take(&mut self.waiting) {
                let path = operation.path.clone();
                self.record(position, &operation, &path, Err(unresolved.clone()), base);
            }
        }
        let results: Vec<Value> = self.results.into_values().collect();
        json!({"schemas": [RESPONSE], "Operations": results})
    }
}

impl BulkOperation {
    fn read(value: &Value) -> Result<Self, ScimError> {
        let none = Map::new();
        let members = value.as_object().unwrap_or(&none);
        let text = |name: &str| match member(members, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(syntax(format!("{name} of a bulk operation is not a text"))),
        };
        let incomplete = || syntax("a bulk operation requires method and path, and POST requires bulkId");
        let method = text("method")?.ok_or_else(incomplete)?.to_ascii_uppercase();
        let path = text("path")?.ok_or_else(incomplete)?;
        let bulk_id = text("bulkId")?;
        if method == "POST" && bulk_id.is_none() {
            return Err(incomplete());
        }
        let data = member(members, "data").cloned().unwrap_or_default();
        Ok(Self { method, bulk_id, version: text("version")?, path, data })
    }

    fn result(&self) -> Map<String, Value> {
        let mut result = Map::new();
        result.insert("method".to_owned(), self.method.as_str().into());
        if let Some(bulk_id) = &self.bulk_id {
            result.insert("bulkId".to_owned(), bulk_id.as_str().into());
        }
        result
    }
}
