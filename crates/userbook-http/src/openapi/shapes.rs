//! Wire types from which the schema is generated. Names, titles, limits and required members follow the published
//! schema.
#![expect(dead_code, reason = "only the derive uses these types")]

use serde_json::{Map, Value, json};

use super::lifecycle::PATCHED;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type},
    },
};

/// Any JSON object.
pub(super) fn free_form() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::Object)).additional_properties(Some(
        AdditionalProperties::RefOr(RefOr::T(Schema::Object(
            ObjectBuilder::new().schema_type(SchemaType::AnyValue).build(),
        ))),
    ))
}

pub(super) struct FreeForm;

impl PartialSchema for FreeForm {
    fn schema() -> RefOr<Schema> {
        free_form().into()
    }
}

fn free_form_read_only() -> ObjectBuilder {
    free_form().read_only(true)
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum UserTypeEnum {
    Internal,
    External,
    ServiceAccount,
    InternalServiceAccount,
}

#[derive(ToSchema)]
pub(super) struct User {
    #[schema(read_only)]
    pk: i64,
    #[schema(max_length = 150)]
    username: String,
    name: String,
    #[schema(required = false)]
    is_active: bool,
    last_login: Option<chrono::DateTime<chrono::Utc>>,
    #[schema(read_only)]
    is_superuser: bool,
    #[schema(required = false)]
    groups: Vec<uuid::Uuid>,
    #[schema(read_only, required)]
    groups_obj: Option<Vec<UserGroup>>,
    #[schema(required = false, format = "email", max_length = 254)]
    email: String,
    #[schema(read_only)]
    avatar: String,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
    #[schema(read_only)]
    uid: String,
    #[schema(required = false)]
    path: String,
    #[schema(required = false)]
    r#type: UserTypeEnum,
    #[schema(read_only)]
    uuid: uuid::Uuid,
    #[schema(read_only)]
    password_change_date: chrono::DateTime<chrono::Utc>,
}

#[derive(ToSchema)]
pub(super) struct UserGroup {
    #[schema(read_only)]
    pk: uuid::Uuid,
    #[schema(read_only)]
    num_pk: i64,
    name: String,
    #[schema(required = false)]
    is_superuser: bool,
    parent: Option<uuid::Uuid>,
    #[schema(read_only, required)]
    parent_name: Option<String>,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
}

#[derive(ToSchema)]
pub(super) struct UserRequest {
    #[schema(min_length = 1, max_length = 150)]
    username: String,
    name: String,
    #[schema(required = false)]
    is_active: bool,
    last_login: Option<chrono::DateTime<chrono::Utc>>,
    #[schema(required = false)]
    groups: Vec<uuid::Uuid>,
    #[schema(required = false, format = "email", max_length = 254)]
    email: String,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
    #[schema(required = false, min_length = 1)]
    path: String,
    #[schema(required = false)]
    r#type: UserTypeEnum,
}

#[derive(ToSchema)]
pub(super) struct UserAccountRequest {
    pk: i64,
}

#[derive(ToSchema)]
pub(super) struct SessionUser {
    user: UserSelf,
    #[schema(required = false)]
    original: UserSelf,
}

#[derive(ToSchema)]
pub(super) struct UserSelf {
    #[schema(read_only)]
    pk: i64,
    #[schema(max_length = 150, pattern = "^[\\w.@+-]+$")]
    username: String,
    name: String,
    #[schema(read_only)]
    is_active: bool,
    #[schema(read_only)]
    is_superuser: bool,
    #[schema(read_only)]
    groups: Vec<UserSelfGroups>,
    #[schema(required = false, format = "email", max_length = 254)]
    email: String,
    #[schema(read_only)]
    avatar: String,
    #[schema(read_only)]
    uid: String,
    #[schema(schema_with = free_form_read_only)]
    settings: FreeForm,
    #[schema(required = false)]
    r#type: UserTypeEnum,
    #[schema(read_only)]
    system_permissions: Vec<String>,
}

#[derive(ToSchema)]
pub(super) struct UserSelfGroups {
    #[schema(read_only)]
    name: String,
    #[schema(read_only)]
    pk: String,
}

/// The paths of users.
#[derive(ToSchema)]
pub(super) struct UserPath {
    #[schema(read_only)]
    paths: Vec<String>,
}

#[derive(ToSchema)]
pub(super) struct Group {
    #[schema(read_only)]
    pk: uuid::Uuid,
    #[schema(read_only)]
    num_pk: i64,
    name: String,
    #[schema(required = false)]
    is_superuser: bool,
    parent: Option<uuid::Uuid>,
    #[schema(read_only, required)]
    parent_name: Option<String>,
    #[schema(required = false)]
    users: Vec<i64>,
    #[schema(read_only, required)]
    users_obj: Option<Vec<GroupMember>>,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
    #[schema(required = false)]
    roles: Vec<uuid::Uuid>,
    #[schema(read_only)]
    roles_obj: Vec<Role>,
}

#[derive(ToSchema)]
pub(super) struct GroupMember {
    #[schema(read_only)]
    pk: i64,
    #[schema(max_length = 150, pattern = "^[\\w.@+-]+$")]
    username: String,
    name: String,
    #[schema(required = false)]
    is_active: bool,
    last_login: Option<chrono::DateTime<chrono::Utc>>,
    #[schema(required = false, format = "email", max_length = 254)]
    email: String,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
    #[schema(read_only)]
    uid: String,
}

#[derive(ToSchema)]
pub(super) struct Role {
    #[schema(read_only)]
    pk: uuid::Uuid,
    #[schema(max_length = 150)]
    name: String,
}

#[derive(ToSchema)]
pub(super) struct Pagination {
    next: f32,
    previous: f32,
    count: f32,
    current: f32,
    total_pages: f32,
    start_index: f32,
    end_index: f32,
}

#[derive(ToSchema)]
pub(super) struct PaginatedUserList {
    pagination: Pagination,
    results: Vec<User>,
}

#[derive(ToSchema)]
pub(super) struct PaginatedGroupList {
    pagination: Pagination,
    results: Vec<Group>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum CapabilitiesEnum {
    CanSaveMedia,
    CanGeoIp,
    CanAsn,
    CanImpersonate,
    CanDebug,
    IsEnterprise,
}

#[derive(ToSchema)]
pub(super) struct ErrorReportingConfig {
    #[schema(read_only)]
    enabled: bool,
    #[schema(read_only)]
    sentry_dsn: String,
    #[schema(read_only)]
    environment: String,
    #[schema(read_only)]
    send_pii: bool,
    #[schema(read_only)]
    traces_sample_rate: f64,
}

#[derive(ToSchema)]
pub(super) struct Config {
    error_reporting: ErrorReportingConfig,
    capabilities: Vec<CapabilitiesEnum>,
    cache_timeout: i64,
    cache_timeout_flows: i64,
    cache_timeout_policies: i64,
    cache_timeout_reputation: i64,
}

#[derive(ToSchema)]
pub(super) struct GenericError {
    detail: String,
    #[schema(required = false)]
    code: String,
}

#[derive(ToSchema)]
pub(super) struct ValidationError {
    #[schema(required = false)]
    non_field_errors: Vec<String>,
    #[schema(required = false)]
    code: String,
}

/// Titles of properties, which derives cannot express; for every shape or for this one.
const TITLES: [(&str, Option<&str>, &str); 8] = [
    ("email", None, "Email address"),
    ("is_active", None, "Active"),
    ("pk", Some("User"), "ID"),
    ("pk", Some("UserSelf"), "ID"),
    ("pk", Some("GroupMember"), "ID"),
    ("pk", Some("UserGroup"), "Group uuid"),
    ("pk", Some("Group"), "Group uuid"),
    ("pk", Some("Role"), "Uuid"),
];

/// The name of a [`UserRequest`] whose members are all optional.
const PATCH: &str = "PatchedUserRequest";

/// Adds what derives cannot express: the body of a PATCH, titles, and the member of a validation error for each
/// invalid field.
pub(super) fn complete(shapes: &mut Map<String, Value>) {
    for (request, patch) in [("UserRequest", PATCH), PATCHED] {
        if let Some(Value::Object(mut optional)) = shapes.get(request).cloned() {
            optional.remove("required");
            shapes.insert(patch.to_owned(), Value::Object(optional));
        }
    }
    for (name, shape) in &mut *shapes {
        let Some(Value::Object(properties)) = shape.get_mut("properties") else { continue };
        for (property, of, title) in TITLES {
            if of.is_none_or(|of| of == name)
                && let Some(Value::Object(property)) = properties.get_mut(property)
            {
                property.insert("title".to_owned(), title.into());
            }
        }
    }
    if let Some(Value::Object(error)) = shapes.get_mut("ValidationError") {
        error.insert("additionalProperties".to_owned(), json!({}));
    }
}

/// Returns the reference of a type, by its name in the document.
pub(super) fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

/// Returns the schema of a PATCH body.
pub(super) fn patch() -> RefOr<Schema> {
    patched(PATCH)
}

/// Returns the reference of a shape by its name.
pub(super) fn patched(name: &str) -> RefOr<Schema> {
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name))
}
