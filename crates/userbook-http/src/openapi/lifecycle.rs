//! The operations of the life cycle, and their shapes, under the names of the published schema.
#![expect(dead_code, reason = "only the derive uses these types")]

use utoipa::{
    ToSchema,
    openapi::{HttpMethod, RefOr, Required, Schema, schema::ArrayBuilder},
};

use super::{
    operations::{Kind, Row, Shape, get},
    shapes::{FreeForm, Group, User, UserRequest, free_form, patched, reference},
};

#[derive(ToSchema)]
pub(super) struct GroupRequest {
    #[schema(min_length = 1)]
    name: String,
    #[schema(required = false)]
    is_superuser: bool,
    parent: Option<uuid::Uuid>,
    #[schema(required = false)]
    users: Vec<i64>,
    #[schema(required = false, schema_with = free_form)]
    attributes: FreeForm,
    #[schema(required = false)]
    roles: Vec<uuid::Uuid>,
}

#[derive(ToSchema)]
pub(super) struct UserServiceAccountRequest {
    name: String,
    #[schema(required = false, default = false)]
    create_group: bool,
    #[schema(required = false, default = true)]
    expiring: bool,
    /// Without a value the token expires in 360 days.
    #[schema(required = false)]
    expires: chrono::DateTime<chrono::Utc>,
}

#[derive(ToSchema)]
pub(super) struct UserServiceAccountResponse {
    username: String,
    token: String,
    user_uid: String,
    user_pk: i64,
    #[schema(required = false)]
    group_pk: String,
}

#[derive(ToSchema)]
pub(super) struct UserPasswordSetRequest {
    #[schema(min_length = 1)]
    password: String,
}

#[derive(ToSchema)]
pub(super) struct ImpersonationRequest {
    #[schema(min_length = 1)]
    reason: String,
}

#[derive(ToSchema)]
pub(super) struct Link {
    link: String,
}

#[derive(ToSchema)]
pub(super) struct UsedBy {
    app: String,
    model_name: String,
    pk: String,
    name: String,
    action: UsedByActionEnum,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum UsedByActionEnum {
    Cascade,
    CascadeMany,
    SetNull,
    SetDefault,
}

/// Shapes whose members are all optional in a PATCH.
pub(super) const PATCHED: (&str, &str) = ("GroupRequest", "PatchedGroupRequest");

fn used_by() -> RefOr<Schema> {
    Schema::Array(ArrayBuilder::new().items(reference::<UsedBy>()).build()).into()
}

fn patched_group() -> RefOr<Schema> {
    patched(PATCHED.1)
}

const USER: &[(&str, Kind)] = &[("id", Kind::PathInteger)];
const GROUP: &[(&str, Kind)] = &[("group_uuid", Kind::PathUuid)];

/// Returns an operation that writes.
fn post(
    path: &'static str,
    id: &'static str,
    parameters: &'static [(&'static str, Kind)],
    request: Option<Shape>,
    response: Option<Shape>,
) -> Row {
    Row {
        method: HttpMethod::Post,
        request: request.map(|shape| (shape, Required::True)),
        response,
        ..get(path, id, parameters, reference::<User>)
    }
}

fn created(path: &'static str, id: &'static str, request: Shape, response: Shape) -> Row {
    Row { status: "201", ..post(path, id, &[], Some(request), Some(response)) }
}

fn delete(path: &'static str, id: &'static str, parameters: &'static [(&'static str, Kind)]) -> Row {
    Row { method: HttpMethod::Delete, response: None, ..get(path, id, parameters, reference::<User>) }
}

pub(super) fn rows() -> Vec<Row> {
    users().into_iter().chain(below_users()).chain(groups()).collect()
}

fn users() -> [Row; 4] {
    let end = "/core/users/impersonate_end/";
    [
        created("/core/users/", "core_users_create", reference::<UserRequest>, reference::<User>),
        delete("/core/users/{id}/", "core_users_destroy", USER),
        post(
            "/core/users/service_account/",
            "core_users_service_account_create",
            &[],
            Some(reference::<UserServiceAccountRequest>),
            Some(reference::<UserServiceAccountResponse>),
        ),
        Row { response: None, ..get(end, "core_users_impersonate_end_retrieve", &[], reference::<User>) },
    ]
}

fn below_users() -> [Row; 5] {
    let link: Shape = reference::<Link>;
    [
        Row {
            describes_400: false,
            ..post(
                "/core/users/{id}/set_password/",
                "core_users_set_password_create",
                USER,
                Some(reference::<UserPasswordSetRequest>),
                None,
            )
        },
        post("/core/users/{id}/recovery/", "core_users_recovery_create", USER, None, Some(link)),
        post(
            "/core/users/{id}/recovery_email/",
            "core_users_recovery_email_create",
            &[("email_stage", Kind::Text), ("id", Kind::PathInteger)],
            None,
            None,
        ),
        post(
            "/core/users/{id}/impersonate/",
            "core_users_impersonate_create",
            USER,
            Some(reference::<ImpersonationRequest>),
            None,
        ),
        get("/core/users/{id}/used_by/", "core_users_used_by_list", USER, used_by),
    ]
}

fn groups() -> [Row; 5] {
    let path = "/core/groups/{group_uuid}/";
    let write = |method, id, request: Shape, required| Row {
        method,
        request: Some((request, required)),
        ..get(path, id, GROUP, reference::<Group>)
    };
    [
        created("/core/groups/", "core_groups_create", reference::<GroupRequest>, reference::<Group>),
        write(HttpMethod::Put, "core_groups_update", reference::<GroupRequest>, Required::True),
        write(HttpMethod::Patch, "core_groups_partial_update", patched_group, Required::False),
        delete(path, "core_groups_destroy", GROUP),
        get("/core/groups/{group_uuid}/used_by/", "core_groups_used_by_list", GROUP, used_by),
    ]
}
