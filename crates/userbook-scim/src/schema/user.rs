//! The default definitions of a user (RFC 7643 §4.1 and §4.3).

use super::{Attribute, Kind};

const EXTERNAL: Kind = Kind::Reference(&["external"]);

fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::string(name, description)
}

/// A list of objects with `value`, `display`, `type` and `primary`.
fn list(
    name: &'static str,
    description: &'static str,
    value: Attribute,
    types: &'static [&'static str],
) -> Attribute {
    let subs = vec![
        value,
        text("display", "A name for people."),
        text("type", "A label for the function of the value.").canonical(types),
        Attribute::new(
            "primary",
            Kind::Boolean,
            "Whether the value is the preferred one. One value at most is.",
        ),
    ];
    Attribute::complex(name, description, subs).multi()
}

pub(crate) fn user_name() -> Attribute {
    text("userName", "The login name.").required().unique()
}

pub(crate) fn display_name() -> Attribute {
    text("displayName", "The name for people.")
}

pub(crate) fn active() -> Attribute {
    Attribute::new("active", Kind::Boolean, "Whether the user may log in.").required()
}

/// The given name and the family name always have a value.
pub(crate) fn name() -> Attribute {
    let subs = vec![
        text("formatted", "The full name."),
        text("familyName", "The family name."),
        text("givenName", "The given name."),
        text("middleName", "The middle names."),
        text("honorificPrefix", "The title before the name."),
        text("honorificSuffix", "The suffix behind the name."),
    ];
    Attribute::complex("name", "The components of the name.", subs).required()
}

pub(crate) fn emails() -> Attribute {
    list("emails", "E-mail addresses.", text("value", "The address."), &["work", "home", "other"])
}

pub(crate) fn groups() -> Attribute {
    let subs = vec![
        text("value", "The id of the group.").exact(),
        Attribute::new("$ref", Kind::Reference(&["Group"]), "The URI of the group."),
        text("display", "The name of the group."),
        text("type", "Whether the membership is direct.").canonical(&["direct"]),
    ];
    Attribute::complex("groups", "The groups of the user.", subs).multi().read_only()
}

/// The attributes that are members of the same name of the stored attributes.
pub(crate) fn stored() -> Vec<Attribute> {
    let phones = &["work", "home", "mobile", "fax", "pager", "other"];
    let value = || text("value", "The value.");
    vec![
        text("nickName", "The casual name."),
        Attribute::new("profileUrl", EXTERNAL, "The URI of the user's page."),
        text("title", "The job title."),
        text("userType", "The relation to the organization."),
        text("preferredLanguage", "The preferred languages, as in the header Accept-Language."),
        text("locale", "The locale, for example en-US."),
        text("timezone", "The IANA time zone, for example Europe/Berlin."),
        list("phoneNumbers", "Telephone numbers.", value(), phones),
        list("ims", "Addresses of instant messages.", value(), &["aim", "gtalk", "icq", "xmpp", "skype"]),
        list(
            "photos",
            "Photos.",
            Attribute::new("value", EXTERNAL, "The URI of a photo."),
            &["photo", "thumbnail"],
        ),
        addresses(),
        list("entitlements", "Entitlements.", value(), &[]),
        list("roles", "Roles. They have no effect on rights.", value(), &[]),
        list(
            "x509Certificates",
            "Certificates.",
            Attribute::new("value", Kind::Binary, "The certificate (DER)."),
            &[],
        ),
    ]
}

fn addresses() -> Attribute {
    let subs = vec![
        text("formatted", "The address as on a label."),
        text("streetAddress", "The street with number."),
        text("locality", "The city."),
        text("region", "The state or region."),
        text("postalCode", "The postal code."),
        text("country", "The country (ISO 3166-1 alpha-2)."),
        text("type", "The kind of address.").canonical(&["work", "home", "other"]),
        Attribute::new("primary", Kind::Boolean, "Whether the address is the preferred one."),
    ];
    Attribute::complex("addresses", "Addresses.", subs).multi()
}

/// The attributes of the enterprise extension.
pub(crate) fn enterprise() -> Vec<Attribute> {
    let manager = vec![
        text("value", "The id of the manager.").exact(),
        Attribute::new("$ref", Kind::Reference(&["User"]), "The URI of the manager."),
        text("displayName", "The name of the manager.").read_only(),
    ];
    vec![
        text("employeeNumber", "The number of the employee."),
        text("costCenter", "The cost center."),
        text("organization", "The organization."),
        text("division", "The division."),
        text("department", "The department."),
        Attribute::complex("manager", "The manager.", manager),
    ]
}
