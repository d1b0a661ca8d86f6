//! Users as CSV. The header names the fields; `--map` gives other columns a field.

use std::{fs::File, str::FromStr};

use csv::{Reader as Rows, ReaderBuilder, StringRecord};
use serde_json::Value;
use userbook::{
    JsonObject,
    model::{ExternalSource, parse_timestamp},
};

use super::record::{ImportUser, LastLogin, Reader, Record, Row, RowError};
use crate::admin::{Failure, Message};

/// The separator of groups in a cell.
const SEPARATOR: char = ';';

/// `--map COLUMN=FIELD`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    column: String,
    /// `None` skips the column.
    field: Option<Field>,
}

/// A field of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Uuid,
    Username,
    Name,
    Email,
    IsActive,
    LastLogin,
    Path,
    Type,
    Groups,
    Attributes,
    /// One attribute, by its path.
    Attribute(Vec<String>),
    /// All external ids, as JSON.
    ExternalIds,
    /// The identifier of one external source.
    ExternalId(ExternalSource),
}

impl FromStr for Mapping {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let error = || Message("expected COLUMN=FIELD".to_owned());
        let (column, field) = text.rsplit_once('=').ok_or_else(error)?;
        let field = match field {
            "" => None,
            field => Some(field.parse()?),
        };
        Ok(Self { column: column.to_owned(), field })
    }
}

/// The beginning of the field of one external source: `external_ids.scim:okta`.
const EXTERNAL: &str = "external_ids.";

impl Field {
    fn external_id(text: &str) -> Result<Self, Message> {
        let source = text.strip_prefix(EXTERNAL).unwrap_or_default().parse();
        source.map(Self::ExternalId).map_err(|error| Message(format!("{text}: {error}")))
    }

    /// Returns whether two columns of these fields would overwrite each other.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attribute(one), Self::Attribute(other)) => {
                one.starts_with(other) || other.starts_with(one)
            }
            (Self::Attributes, Self::Attribute(_))
            | (Self::Attribute(_), Self::Attributes)
            | (Self::ExternalIds, Self::ExternalId(_))
            | (Self::ExternalId(_), Self::ExternalIds) => true,
            _ => self == other,
        }
    }
}

impl FromStr for Field {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        Ok(match text {
            "uuid" => Self::Uuid,
            "username" => Self::Username,
            "name" => Self::Name,
            "email" => Self::Email,
            "is_active" => Self::IsActive,
            "last_login" => Self::LastLogin,
            "path" => Self::Path,
            "type" => Self::Type,
            "groups" => Self::Groups,
            "attributes" => Self::Attributes,
            "external_ids" => Self::ExternalIds,
            _ if text.starts_with(EXTERNAL) => Self::external_id(text)?,
            _ => match text.strip_prefix("attributes.") {
                Some(path) if !path.split('.').any(str::is_empty) => {
                    Self::Attribute(path.split('.').map(str::to_owned).collect())
                }
                _ => return Err(Message(format!("unknown field {text:?}"))),
            },
        })
    }
}

pub(super) struct CsvReader {
    rows: Rows<File>,
    /// The field of each column; `None` is skipped.
    fields: Vec<Option<Field>>,
    names: Vec<String>,
    total: u64,
}

impl CsvReader {
    pub(super) fn new(file: File, map: &[Mapping]) -> Result<Self, Failure> {
        let total = file.metadata()?.len();
        let mut rows = ReaderBuilder::new().from_reader(file);
        let mut names: Vec<String> = rows.headers()?.iter().map(str::to_owned).collect();
        // Spreadsheet programs write a byte order mark.
        if let Some(first) = names.first_mut()
            && let Some(rest) = first.strip_prefix('\u{feff}')
        {
            *first = rest.to_owned();
        }
        let fields = columns(&names, map)?;
        Ok(Self { rows, fields, names, total })
    }

    fn user(&self, row: &StringRecord) -> Result<ImportUser, RowError> {
        let mut user = ImportUser::default();
        for ((cell, field), name) in row.iter().zip(&self.fields).zip(&self.names) {
            if let Some(field) = field {
                set(&mut user, field, cell).map_err(|message| RowError::new(name, message))?;
            }
        }
        Ok(user)
    }
}

fn columns(names: &[String], map: &[Mapping]) -> Result<Vec<Option<Field>>, Failure> {
    if let Some(missing) = map.iter().find(|mapping| !names.contains(&mapping.column)) {
        return Err(Message::failure(format!("no column {:?}: the file has {names:?}", missing.column)));
    }
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        let mapped = map.iter().find(|mapping| mapping.column == *name);
        let field = match mapped {
            Some(mapping) => mapping.field.clone(),
            None => Some(name.parse().map_err(|_| {
                Message::failure(format!(
                    "unknown column {name:?}: use --map {name:?}=FIELD, or --map {name:?}= to skip the column"
                ))
            })?),
        };
        let overlaps = |other: &Field| field.as_ref().is_some_and(|field| field.overlaps(other));
        if fields.iter().flatten().any(overlaps) {
            return Err(Message::failure(format!(
                "two columns have the field of {name:?}, or a part of the field"
            )));
        }
        fields.push(field);
    }
    if fields.contains(&Some(Field::Username)) {
        Ok(fields)
    } else {
        Err(Message::failure("no column has the field username"))
    }
}

/// Sets a field from a cell. An empty cell keeps the stored value, except for texts that may be empty and for groups.
fn set(user: &mut ImportUser, field: &Field, cell: &str) -> Result<(), String> {
    let given = (!cell.is_empty()).then_some(cell);
    match field {
        Field::Username => cell.clone_into(&mut user.username),
        Field::Name => user.name = Some(cell.to_owned()),
        Field::Email => user.email = Some(cell.to_owned()),
        Field::Path => user.path = given.map(str::to_owned),
        Field::Uuid => user.uuid = given.map(parse).transpose()?,
        Field::Type => user.user_type = given.map(parse).transpose()?,
        Field::IsActive => user.is_active = given.map(boolean).transpose()?,
        Field::LastLogin => {
            let time = |text| parse_timestamp(text).ok_or("not a time such as 2025-01-31T12:00:00Z");
            if let Some(time) = given.map(time).transpose()? {
                user.last_login = LastLogin::At(Some(time));
            }
        }
        Field::Groups => {
            let groups = cell.split(SEPARATOR).map(str::trim).filter(|group| !group.is_empty());
            user.groups = Some(groups.map(str::to_owned).collect());
        }
        Field::Attributes => {
            user.attributes =
                given.map(serde_json::from_str).transpose().map_err(|error| error.to_string())?;
        }
        Field::ExternalIds => {
            let ids = given.map(serde_json::from_str).transpose().map_err(|error| error.to_string())?;
            user.external_ids = ids.unwrap_or_default();
        }
        Field::ExternalId(source) => {
            let id = given.map(|text| (source.clone(), Some(text.to_owned())));
            user.external_ids = std::mem::take(&mut user.external_ids).into_iter().chain(id).collect();
        }
        Field::Attribute(path) => {
            if let Some(text) = given {
                insert(&mut user.merged_attributes, path, text);
            }
        }
    }
    Ok(())
}

fn parse<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("neither true nor false: {text:?}")),
    }
}

/// Inserts a text at a path, and the objects above it.
fn insert(object: &mut JsonObject, path: &[String], text: &str) {
    match path {
        [] => {}
        [last] => _ = object.insert(last.clone(), Value::from(text)),
        [first, rest @ ..] => {
            let below = object.entry(first.clone()).or_insert_with(|| Value::Object(JsonObject::new()));
            if !below.is_object() {
                *below = Value::Object(JsonObject::new());
            }
            if let Value::Object(below) = below {
                insert(below, rest, text);
            }
        }
    }
}

impl Reader for CsvReader {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        let mut row = StringRecord::new();
        let line = self.rows.position().line();
        match self.rows.read_record(&mut row) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = row.position().map_or(line, csv::Position::line);
                let user = self.user(&row).map(|user| Record::User(Box::new(user)));
                Ok(Some((format!("line {line}"), user)))
            }
            // The reader continues after a row of another length or encoding.
            Err(error) if !error.is_io_error() => {
                let line = error.position().map_or(line, csv::Position::line);
                Ok(Some((format!("line {line}"), Err(RowError::general(error.to_string())))))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn total(&self) -> u64 {
        self.total
    }

    fn position(&self) -> u64 {
        self.rows.position().byte()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(header: &str) -> Vec<String> {
        header.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn columns_need_a_known_field() {
        let map = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Mapping>>();
        for (header, mapped, expected) in [
            ("username,name", &[][..], None),
            ("Login,Mail,Notes", &["Login=username", "Mail=email", "Notes="], None),
            ("username,Mail", &[], Some("unknown column \"Mail\"")),
            ("username", &["Mail=email"], Some("no column \"Mail\"")),
            ("name", &[], Some("no column has the field username")),
            ("username,name,Name", &["Name=name"], Some("two columns")),
            ("username,attributes,attributes.a", &[], Some("two columns")),
            ("username,attributes.a.b,attributes", &[], Some("two columns")),
            ("username,attributes.a,attributes.a.b", &[], Some("two columns")),
            ("username,attributes.a.b,x", &["x=attributes.a"], Some("two columns")),
            ("username,attributes.a.b,attributes.a.c,attributes.ab", &[], None),
            ("username,external_ids.scim:okta,Staff number", &["Staff number=external_ids.hr"], None),
            ("username,external_ids.hr,external_ids", &[], Some("two columns")),
            ("username,external_ids.hr,x", &["x=external_ids.hr"], Some("two columns")),
        ] {
            let error = columns(&names(header), &map(mapped)).err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(error, None, "{header}"),
                Some(text) => assert!(error.clone().unwrap().contains(text), "{header}: {error:?}"),
            }
        }
        for text in [
            "Mail",
            "Mail=mail",
            "Mail=attributes.",
            "Mail=attributes.a..b",
            "Mail=external_ids.",
            "x=external_ids.A b",
        ] {
            assert!(text.parse::<Mapping>().is_err(), "{text}");
        }
        assert_eq!("a=b=email".parse::<Mapping>().unwrap().column, "a=b");
    }

    #[test]
    fn cells_become_fields() {
        let mut user = ImportUser::default();
        for (field, cell) in [
            ("username", "ada"),
            ("email", ""),
            ("is_active", "No"),
            ("path", ""),
            ("groups", "a; b;"),
            ("attributes.office.floor", "3"),
            ("attributes.office.room", "x"),
            ("attributes.empty", ""),
            ("external_ids.scim:okta", "00u1"),
            ("external_ids.hr", ""),
        ] {
            set(&mut user, &field.parse().unwrap(), cell).unwrap();
        }
        assert_eq!((user.username.as_str(), user.email.as_deref()), ("ada", Some("")));
        assert_eq!((user.is_active, user.path), (Some(false), None));
        assert_eq!(user.groups.unwrap(), ["a", "b"]);
        assert_eq!(Value::from(user.merged_attributes), json!({"office": {"floor": "3", "room": "x"}}));
        assert_eq!(json!(user.external_ids), json!({"scim:okta": "00u1"}));
        let mut other = ImportUser::default();
        set(&mut other, &Field::ExternalIds, r#"{"hr": null}"#).unwrap();
        assert_eq!(json!(other.external_ids), json!({"hr": null}));
        for (field, cell) in [
            ("external_ids", "7"),
            ("external_ids", r#"{"A B": "x"}"#),
            ("is_active", "maybe"),
            ("uuid", "7"),
            ("type", "robot"),
            ("last_login", "soon"),
            ("attributes", "[]"),
        ] {
            assert!(set(&mut ImportUser::default(), &field.parse().unwrap(), cell).is_err(), "{field}");
        }
    }
}
