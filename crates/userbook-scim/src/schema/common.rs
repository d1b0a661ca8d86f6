//! Attributes of every resource, and of groups (RFC 7643 §3.1 and §4.2).

use super::{Attribute, Kind};

pub(crate) fn schemas() -> Attribute {
    Attribute::new("schemas", Kind::Reference(&["uri"]), "The schemas of the resource.")
        .multi()
        .required()
        .always()
}

pub(crate) fn id() -> Attribute {
    Attribute::string("id", "The identifier, a UUID.").exact().required().unique().read_only().always()
}

pub(crate) fn external_id() -> Attribute {
    Attribute::string("externalId", "The identifier that the connection uses.").exact().unique()
}

pub(crate) fn meta() -> Attribute {
    let subs = vec![
        Attribute::string("resourceType", "The type of the resource.").exact(),
        Attribute::new("created", Kind::DateTime, "The time of the creation."),
        Attribute::new("lastModified", Kind::DateTime, "The time of the last change."),
        Attribute::new("location", Kind::Reference(&["uri"]), "The URI of the resource."),
        Attribute::string("version", "The entity tag.").exact(),
    ];
    Attribute::complex("meta", "Facts about the resource.", subs).read_only()
}

pub(crate) fn group_display_name() -> Attribute {
    Attribute::string("displayName", "The name of the group.").required()
}

pub(crate) fn members() -> Attribute {
    let subs = vec![
        Attribute::string("value", "The id of the user.").exact().immutable(),
        Attribute::new("$ref", Kind::Reference(&["User"]), "The URI of the user.").immutable(),
        Attribute::string("type", "The type of the member.").canonical(&["User"]).immutable(),
    ];
    Attribute::complex("members", "The members.", subs).multi()
}
