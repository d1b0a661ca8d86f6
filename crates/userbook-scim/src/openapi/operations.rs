//! Paths with their operations, parameters and responses.

use serde_json::{Map, Value, json};

use super::reference;

/// The media type of SCIM.
const MEDIA_TYPE: &str = "application/scim+json";

/// The parameters of lists.
const LIST: [&str; 7] =
    ["filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes"];
/// The parameters that select attributes.
const PROJECTION: [&str; 2] = ["attributes", "excludedAttributes"];
const PRECONDITIONS: [&str; 2] = ["If-Match", "If-None-Match"];

/// The statuses that every operation may have.
const COMMON: [&str; 4] = ["400", "401", "403", "503"];

fn content(shape: &str) -> Value {
    json!({MEDIA_TYPE: {"schema": reference("schemas", shape)}})
}

/// Builds one operation.
struct Operation {
    summary: &'static str,
    parameters: Vec<&'static str>,
    body: Option<&'static str>,
    /// Status, description and shape.
    success: Option<(&'static str, &'static str, &'static str)>,
    failures: Vec<&'static str>,
}

impl Operation {
    fn new(summary: &'static str) -> Self {
        Self { summary, parameters: Vec::new(), body: None, success: None, failures: Vec::new() }
    }

    fn parameters(mut self, names: &[&'static str]) -> Self {
        self.parameters.extend(names);
        self
    }

    fn body(self, shape: &'static str) -> Self {
        Self { body: Some(shape), ..self }.failures(&["413"])
    }

    fn returns(self, status: &'static str, description: &'static str, shape: &'static str) -> Self {
        Self { success: Some((status, description, shape)), ..self }
    }

    fn failures(mut self, statuses: &[&'static str]) -> Self {
        self.failures.extend(statuses);
        self
    }

    fn build(self) -> Value {
        let mut responses: Map<String, Value> = COMMON
            .iter()
            .chain(&self.failures)
            .map(|status| ((*status).to_owned(), reference("responses", status)))
            .collect();
        if let Some((status, description, shape)) = self.success {
            let mut response = json!({"description": description});
            if !shape.is_empty() {
                response = json!({"description": description, "content": content(shape)});
            }
            responses.insert(status.to_owned(), response);
        }
        let parameters: Vec<Value> =
            self.parameters.iter().map(|name| reference("parameters", name)).collect();
        let mut operation = json!({"summary": self.summary, "responses": responses});
        if let Some(operation) = operation.as_object_mut() {
            if !parameters.is_empty() {
                operation.insert("parameters".to_owned(), parameters.into());
            }
            if let Some(shape) = self.body {
                let body = json!({"required": true, "content": content(shape)});
                operation.insert("requestBody".to_owned(), body);
            }
        }
        operation
    }
}

/// The collection of a type.
fn collection(shape: &'static str, list: &'static str) -> Value {
    let all = Operation::new("Lists resources that the connection manages").parameters(&LIST);
    let create = Operation::new("Creates a resource").parameters(&PROJECTION).body(shape);
    json!({
        "get": all.returns("200", "A page of resources", list).build(),
        "post": create.returns("201", "The new resource", shape).failures(&["409"]).build(),
    })
}

/// One resource of a type.
fn resource(shape: &'static str) -> Value {
    let show = Operation::new("Shows a resource").parameters(&PROJECTION).parameters(&PRECONDITIONS);
    let change = |summary| {
        Operation::new(summary)
            .parameters(&PROJECTION)
            .parameters(&PRECONDITIONS)
            .returns("200", "The changed resource", shape)
            .failures(&["404", "409", "412"])
    };
    let delete = Operation::new("Deletes a resource").parameters(&PRECONDITIONS);
    json!({
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "get": show.returns("200", "The resource", shape).failures(&["304", "404", "412"]).build(),
        "put": change("Replaces a resource").body(shape).build(),
        "patch": change("Changes attributes of a resource").body("PatchOp").build(),
        "delete": delete.returns("204", "The resource is deleted", "").failures(&["404", "412"]).build(),
    })
}

fn search(list: &'static str) -> Value {
    let search = Operation::new("Searches by a request body").body("SearchRequest");
    json!({"post": search.returns("200", "A page of resources", list).build()})
}

/// Descriptions of the provider: all, and one by its id.
fn described(shape: &'static str, list: &'static str) -> (Value, Value) {
    let all = Operation::new("Lists descriptions").returns("200", "All of them", list);
    let one = Operation::new("Shows a description").returns("200", "The description", shape);
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    let one = json!({"parameters": id, "get": one.failures(&["404"]).build()});
    (json!({"get": all.build()}), one)
}

/// Returns all paths.
pub(super) fn paths() -> Value {
    let (types, one_type) = described("ResourceType", "ResourceTypeList");
    let (schemas, one_schema) = described("Schema", "SchemaList");
    let config = Operation::new("Shows what the provider supports");
    let config = config.returns("200", "The configuration", "ServiceProviderConfig");
    let bulk = Operation::new("Performs several operations, each decided alone").body("BulkRequest");
    json!({
        "/ServiceProviderConfig": {"get": config.build()},
        "/ResourceTypes": types,
        "/ResourceTypes/{id}": one_type,
        "/Schemas": schemas,
        "/Schemas/{id}": one_schema,
        "/Users": collection("User", "UserList"),
        "/Users/{id}": resource("User"),
        "/Users/.search": search("UserList"),
        "/Groups": collection("Group", "GroupList"),
        "/Groups/{id}": resource("Group"),
        "/Groups/.search": search("GroupList"),
        "/.search": search("SearchList"),
        "/Bulk": {"post": bulk.returns("200", "The results", "BulkResponse").build()},
    })
}

/// Returns the parameters by name.
pub(super) fn parameters() -> Value {
    let query = |name: &str, kind: &str, description: &str| json!({"name": name, "in": "query", "description": description, "schema": {"type": kind}});
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "description": description, "schema": {"type": "string"}});
    json!({
        "filter": query("filter", "string", "A filter of RFC 7644 §3.4.2.2."),
        "sortBy": query("sortBy", "string", "The attribute that the results are sorted by."),
        "sortOrder": query("sortOrder", "string", "ascending (default) or descending."),
        "startIndex": query("startIndex", "integer", "The position of the first result; the first one is 1."),
        "count": query("count", "integer", "The maximum number of results."),
        "attributes": query("attributes", "string", "Names of attributes to return, separated by commas."),
        "excludedAttributes": query("excludedAttributes", "string", "Names of attributes to omit."),
        "If-Match": header("If-Match", "Entity tags; the resource must have one of them."),
        "If-None-Match": header("If-None-Match", "Entity tags; the resource must have none of them."),
    })
}

/// Returns the responses of failures by status.
pub(super) fn responses() -> Value {
    let error = |description: &str| json!({"description": description, "content": content("Error")});
    json!({
        "304": {"description": "The resource has the entity tag of If-None-Match"},
        "400": error("The request is invalid; scimType says why"),
        "401": error("No credentials, or invalid ones"),
        "403": error("A safeguard, or an inactive service account"),
        "404": error("The resource does not exist, or the connection does not manage it"),
        "409": error("Another resource has the value"),
        "412": error("If-Match or If-None-Match does not hold"),
        "413": error("A limit, which detail names"),
        "503": error("Try again after the time of Retry-After"),
    })
}
