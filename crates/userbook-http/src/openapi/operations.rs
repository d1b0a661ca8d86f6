//! The table of served operations.

use utoipa::openapi::{
    Content, ContentBuilder, HttpMethod, ObjectBuilder, PathItem, Paths, RefOr, Required, Response,
    ResponseBuilder, Schema, SecurityRequirement,
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle, PathsBuilder},
    request_body::RequestBodyBuilder,
    schema::{ArrayBuilder, KnownFormat, SchemaFormat, SchemaType, Type},
};

use super::{
    lifecycle,
    shapes::{
        Config, GenericError, Group, PaginatedGroupList, PaginatedUserList, SessionUser, User,
        UserAccountRequest, UserPath, UserRequest, ValidationError, patch, reference,
    },
};

/// The name of the authentication scheme.
pub(super) const SECURITY: &str = "authentik";

const JSON: &str = "application/json";

pub(super) type Shape = fn() -> RefOr<Schema>;

/// One operation.
pub(super) struct Row {
    pub(super) path: &'static str,
    pub(super) method: HttpMethod,
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    /// Also available without authentication.
    pub(super) is_public: bool,
    pub(super) parameters: &'static [(&'static str, Kind)],
    pub(super) request: Option<(Shape, Required)>,
    pub(super) response: Option<Shape>,
    /// The status of a response with a body.
    pub(super) status: &'static str,
    /// Whether the published schema describes the body of 400.
    pub(super) describes_400: bool,
    /// Whether the published schema names 404.
    pub(super) names_404: bool,
}

/// Returns an operation that reads.
pub(super) fn get(
    path: &'static str,
    id: &'static str,
    parameters: &'static [(&'static str, Kind)],
    response: Shape,
) -> Row {
    Row {
        path,
        method: HttpMethod::Get,
        id,
        tag: "core",
        is_public: false,
        parameters,
        request: None,
        response: Some(response),
        status: "200",
        describes_400: true,
        names_404: false,
    }
}

/// The type of a parameter.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    PathInteger,
    PathUuid,
    Text,
    Uuid,
    Flag,
    /// A flag with the default true.
    FlagOn,
    Integers,
    Texts,
    Uuids,
    Types,
    /// A parameter of another part of the schema, which states that it is optional.
    PageText,
    PageInteger,
}

const USER_FILTERS: &[(&str, Kind)] = &[
    ("attributes", Kind::Text),
    ("email", Kind::Text),
    ("groups_by_name", Kind::Texts),
    ("groups_by_pk", Kind::Uuids),
    ("include_groups", Kind::FlagOn),
    ("is_active", Kind::Flag),
    ("is_superuser", Kind::Flag),
    ("name", Kind::Text),
    ("ordering", Kind::PageText),
    ("page", Kind::PageInteger),
    ("page_size", Kind::PageInteger),
    ("path", Kind::Text),
    ("path_startswith", Kind::Text),
    ("search", Kind::PageText),
    ("type", Kind::Types),
    ("username", Kind::Text),
    ("uuid", Kind::Uuid),
];

const GROUP_FILTERS: &[(&str, Kind)] = &[
    ("attributes", Kind::Text),
    ("include_users", Kind::FlagOn),
    ("is_superuser", Kind::Flag),
    ("members_by_pk", Kind::Integers),
    ("members_by_username", Kind::Texts),
    ("name", Kind::Text),
    ("ordering", Kind::PageText),
    ("page", Kind::PageInteger),
    ("page_size", Kind::PageInteger),
    ("search", Kind::PageText),
];

fn rows() -> Vec<Row> {
    let user: &[_] = &[("id", Kind::PathInteger)];
    let group: &[_] = &[("group_uuid", Kind::PathUuid)];
    let write = |method, id, request: Shape, required| Row {
        method,
        request: Some((request, required)),
        ..get("/core/users/{id}/", id, user, reference::<User>)
    };
    let member = |path, id| Row {
        method: HttpMethod::Post,
        request: Some((reference::<UserAccountRequest> as Shape, Required::True)),
        response: None,
        names_404: true,
        ..get(path, id, group, reference::<User>)
    };
    vec![
        get("/core/users/", "core_users_list", USER_FILTERS, reference::<PaginatedUserList>),
        get("/core/users/me/", "core_users_me_retrieve", &[], reference::<SessionUser>),
        get(
            "/core/users/paths/",
            "core_users_paths_retrieve",
            &[("search", Kind::Text)],
            reference::<UserPath>,
        ),
        get("/core/users/{id}/", "core_users_retrieve", user, reference::<User>),
        write(HttpMethod::Put, "core_users_update", reference::<UserRequest>, Required::True),
        write(HttpMethod::Patch, "core_users_partial_update", patch, Required::False),
        get("/core/groups/", "core_groups_list", GROUP_FILTERS, reference::<PaginatedGroupList>),
        get(
            "/core/groups/{group_uuid}/",
            "core_groups_retrieve",
            &[("group_uuid", Kind::PathUuid), ("include_users", Kind::FlagOn)],
            reference::<Group>,
        ),
        member("/core/groups/{group_uuid}/add_user/", "core_groups_add_user_create"),
        member("/core/groups/{group_uuid}/remove_user/", "core_groups_remove_user_create"),
        Row {
            tag: "root",
            is_public: true,
            ..get("/root/config/", "root_config_retrieve", &[], reference::<Config>)
        },
    ]
}

/// Returns all operations by path.
pub(super) fn paths() -> Paths {
    rows()
        .into_iter()
        .chain(lifecycle::rows())
        .fold(PathsBuilder::new(), |paths, row| {
            let (path, method) = (row.path, row.method.clone());
            paths.path(path, PathItem::new(method, row.operation()))
        })
        .build()
}

impl Row {
    fn operation(self) -> OperationBuilder {
        let operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .tag(self.tag)
            .security(SecurityRequirement::new(SECURITY, Vec::<String>::new()))
            .parameters(
                (!self.parameters.is_empty())
                    .then(|| self.parameters.iter().map(|(name, kind)| kind.parameter(name))),
            )
            .response(
                "400",
                if self.describes_400 { json(reference::<ValidationError>()) } else { Response::default() },
            )
            .response("403", json(reference::<GenericError>()));
        let operation =
            if self.is_public { operation.security(SecurityRequirement::default()) } else { operation };
        let operation = match self.response {
            Some(shape) => operation.response(self.status, json(shape())),
            None => operation.response("204", Response::default()),
        };
        let operation =
            if self.names_404 { operation.response("404", Response::default()) } else { operation };
        let body = self.request.map(|(shape, required)| {
            let required = matches!(required, Required::True).then_some(Required::True);
            RequestBodyBuilder::new().content(JSON, content(shape())).required(required).build()
        });
        operation.request_body(body)
    }
}

fn content(shape: RefOr<Schema>) -> Content {
    ContentBuilder::new().schema(Some(shape)).build()
}

fn json(shape: RefOr<Schema>) -> Response {
    ResponseBuilder::new().content(JSON, content(shape)).build()
}

impl Kind {
    fn parameter(self, name: &str) -> Parameter {
        let (place, required) = match self {
            Self::PathInteger | Self::PathUuid => (ParameterIn::Path, Required::True),
            _ => (ParameterIn::Query, Required::False),
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .schema(Some(self.schema()));
        match self {
            Self::Integers | Self::Texts | Self::Uuids | Self::Types => {
                parameter.style(Some(ParameterStyle::Form)).explode(Some(true)).build()
            }
            _ => parameter.build(),
        }
    }

    fn schema(self) -> RefOr<Schema> {
        let plain = |kind| ObjectBuilder::new().schema_type(SchemaType::new(kind));
        let uuid = || plain(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let list = |items: ObjectBuilder| Schema::Array(ArrayBuilder::new().items(items.build()).build());
        let shape = match self {
            Self::PathInteger | Self::PageInteger => plain(Type::Integer),
            Self::PathUuid | Self::Uuid => uuid(),
            Self::Text | Self::PageText => plain(Type::String),
            Self::Flag => plain(Type::Boolean),
            Self::FlagOn => plain(Type::Boolean).default(Some(true.into())),
            Self::Integers => return list(plain(Type::Integer)).into(),
            Self::Texts => return list(plain(Type::String)).into(),
            Self::Uuids => return list(uuid()).into(),
            Self::Types => {
                let mut names = userbook::UserType::ALL.map(userbook::UserType::as_str);
                names.sort_unstable();
                return list(plain(Type::String).enum_values(Some(names))).into();
            }
        };
        Schema::Object(shape.build()).into()
    }
}
