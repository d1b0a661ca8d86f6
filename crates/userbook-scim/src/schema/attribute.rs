//! The definition of an attribute (RFC 7643 §2.2 and §7).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// The definition of an attribute.
///
/// ```
/// use userbook_scim::schema::Attribute;
///
/// let badge = Attribute::string("badgeNumber", "The number on the badge.").exact();
/// # let _ = badge;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name.
    pub name: Cow<'static, str>,
    /// The data type.
    pub kind: Kind,
    /// Whether the attribute has several values.
    pub multi_valued: bool,
    /// The description.
    pub description: Cow<'static, str>,
    /// Whether the attribute always has a value.
    pub required: bool,
    /// Suggested values.
    pub canonical_values: &'static [&'static str],
    /// Whether upper and lower case differ.
    pub case_exact: bool,
    /// Whether clients can write the attribute.
    pub mutability: Mutability,
    /// When responses contain the attribute.
    pub returned: Returned,
    /// The scope in which values differ.
    pub uniqueness: Uniqueness,
}

/// The data type of an attribute (RFC 7643 §2.3).
///
/// Exhaustive: RFC 7643 defines the types.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Decimal,
    /// A whole number.
    Integer,
    /// A time (RFC 3339).
    DateTime,
    /// Base64.
    Binary,
    /// A URI of a resource of one of these types.
    Reference(&'static [&'static str]),
    /// An object with these sub-attributes.
    Complex(Vec<Attribute>),
}

/// Whether clients can write an attribute.
///
/// Exhaustive: RFC 7643 defines the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Clients can write the attribute.
    ReadWrite,
    /// Only the server writes the attribute.
    ReadOnly,
    /// Clients set the attribute of a new value only.
    Immutable,
}

/// When responses contain an attribute.
///
/// Exhaustive: RFC 7643 defines the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Always.
    Always,
    /// Unless the client excludes the attribute.
    Default,
}

/// The scope in which the values of an attribute differ.
///
/// Exhaustive: RFC 7643 defines the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// Values repeat.
    None,
    /// Values differ among the resources of the server.
    Server,
}

impl Attribute {
    /// Defines an attribute with one optional, writable value.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            case_exact: matches!(kind, Kind::Binary | Kind::Reference(_)),
            kind,
            multi_valued: false,
            description: description.into(),
            required: false,
            canonical_values: &[],
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
        }
    }

    /// Defines a text.
    pub fn string(name: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::String, description)
    }

    /// Defines an attribute with sub-attributes.
    pub fn complex(
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        sub_attributes: Vec<Self>,
    ) -> Self {
        Self::new(name, Kind::Complex(sub_attributes), description)
    }

    /// Gives the attribute several values.
    #[must_use]
    pub fn multi(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    /// Declares that the attribute always has a value.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Declares that upper and lower case differ.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// Declares that only the server writes the attribute, including its sub-attributes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        if let Kind::Complex(subs) = self.kind {
            self.kind = Kind::Complex(subs.into_iter().map(Self::read_only).collect());
        }
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    /// Declares that clients set the attribute of a user without a value only.
    #[must_use]
    pub fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    pub(crate) fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    pub(crate) fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    pub(crate) fn canonical(self, values: &'static [&'static str]) -> Self {
        Self { canonical_values: values, ..self }
    }

    /// Returns the sub-attributes; empty for an attribute that is not complex.
    pub fn sub_attributes(&self) -> &[Self] {
        match &self.kind {
            Kind::Complex(subs) => subs,
            _ => &[],
        }
    }

    /// Returns the sub-attribute with this name, in any case.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        find(self.sub_attributes(), name)
    }

    /// Returns whether only the server writes the attribute.
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// Returns the definition as `/Schemas` shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| _ = json.insert(key.to_owned(), value);
        put("name", self.name.as_ref().into());
        put("type", self.kind.as_str().into());
        put("multiValued", self.multi_valued.into());
        put("description", self.description.as_ref().into());
        put("required", self.required.into());
        put("mutability", self.mutability.as_str().into());
        put("returned", self.returned.as_str().into());
        if !self.canonical_values.is_empty() {
            put("canonicalValues", json!(self.canonical_values));
        }
        match &self.kind {
            Kind::Complex(subs) => put("subAttributes", subs.iter().map(Self::to_json).collect()),
            Kind::Reference(types) => put("referenceTypes", json!(types)),
            _ => {}
        }
        if !matches!(self.kind, Kind::Complex(_) | Kind::Boolean) {
            put("caseExact", self.case_exact.into());
            put("uniqueness", self.uniqueness.as_str().into());
        }
        Value::Object(json)
    }
}

/// Returns the attribute with this name, in any case.
pub(crate) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

impl Kind {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference(_) => "reference",
            Self::Complex(_) => "complex",
        }
    }
}

impl Mutability {
    fn as_str(self) -> &'static str {
        match self {
            Self::ReadWrite => "readWrite",
            Self::ReadOnly => "readOnly",
            Self::Immutable => "immutable",
        }
    }
}

impl Returned {
    fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Default => "default",
        }
    }
}

impl Uniqueness {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
        }
    }
}
