//! The query string: filters, order and page of a list, and options of a write.
//!
//! All invalid parameters are reported at once, under their names. As in authentik, an empty value of a single-valued
//! parameter is no filter, and the last value counts. Stricter than authentik: invalid booleans are rejected rather
//! than ignored, so that a typo cannot widen the result, and one request has a limited number of filter values and
//! words.

mod attributes;
mod order;
mod page;
mod related;
mod times;
mod write;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use userbook::field::is_space;
use uuid::Uuid;

pub(crate) use attributes::conditions;
pub(crate) use order::ordering;
pub(crate) use page::{Page, PageQuery};
pub(crate) use related::{Related, by_name};
pub(crate) use times::{TimeParam, times};
pub(crate) use write::{DRY_RUN, WriteParams, with_request_id};

use crate::{
    error::{ApiError, InputError, InputLocation},
    lenient::python_uuid,
};

/// Whether a response contains the groups of a user in addition to their ids.
pub(crate) const INCLUDE_GROUPS: &str = "include_groups";
/// Whether a response contains the roles of a user in addition to their ids.
pub(crate) const INCLUDE_ROLES: &str = "include_roles";
/// Whether a response contains the members of a group in addition to their ids.
pub(crate) const INCLUDE_USERS: &str = "include_users";
/// Whether a response contains the parents of a group in addition to their ids.
pub(crate) const INCLUDE_PARENTS: &str = "include_parents";
/// Whether a response contains the children of a group in addition to their ids.
pub(crate) const INCLUDE_CHILDREN: &str = "include_children";

/// Maximum values of one parameter.
const MAX_VALUES: usize = 100;
/// Maximum words of a search.
const MAX_WORDS: usize = 32;

/// A reason why a value is invalid: a stable code and a message.
type ParamError = (&'static str, Cow<'static, str>);

/// The parameters of a request, and the invalid parameters found so far.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    faults: Vec<InputError>,
}

impl<'a> Params<'a> {
    pub(crate) fn parse(query: Option<&'a str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
        Self { pairs, faults: Vec::new() }
    }

    /// Returns the value of a single-valued parameter.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Returns whether an optional part is included: yes, unless the parameter has a value other than `true`.
    pub(crate) fn includes(&self, name: &str) -> bool {
        self.last(name).is_none_or(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns whether a part is included that is not by default: only with the value `true`.
    pub(crate) fn adds(&self, name: &str) -> bool {
        self.last(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A text, trimmed.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.one(name, |text| match text {
            _ if text.contains('\0') => Err(("null_characters_not_allowed", NULL_CHARACTER.into())),
            _ => Ok(text.to_owned()),
        })
    }

    /// A boolean, not trimmed: the recorded release ignores a filter with blanks around it.
    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.last(name).filter(|text| !text.trim_matches(is_space).is_empty())? {
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => {
                self.fault(name, "invalid", "Must be a valid boolean.".into());
                None
            }
        }
    }

    pub(crate) fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        self.one(name, |text| python_uuid(text).ok_or(("invalid", "Enter a valid UUID.".into())))
    }

    /// Reads all values of a parameter, each with its text; `read` parses one, or returns a message. As in authentik,
    /// an empty value is a value, and only the first invalid value is reported.
    pub(crate) fn any<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> BTreeMap<String, T> {
        let mut values = BTreeMap::new();
        let mut fault = None;
        for (_, value) in self.pairs.iter().filter(|(known, _)| known == name) {
            if values.len() == MAX_VALUES {
                fault = Some(("max_length", format!("Ensure there are no more than {MAX_VALUES} values.")));
                break;
            }
            match read(value) {
                Ok(read) => _ = values.insert(value.clone().into_owned(), read),
                Err(message) => {
                    fault = Some((INVALID_CHOICE, message));
                    break;
                }
            }
        }
        if let Some((code, message)) = fault {
            self.fault(name, code, message.into());
            return BTreeMap::new();
        }
        values
    }

    /// Reports a value of a parameter that is not one of the choices.
    pub(crate) fn unknown_choice(&mut self, name: &'static str, value: &str) {
        self.fault(name, INVALID_CHOICE, no_choice(value).into());
    }

    /// Reads the words of a search.
    pub(crate) fn words(&mut self, name: &'static str) -> Vec<String> {
        // As in authentik, U+0000 is ignored and commas separate words.
        let text = self.last(name).unwrap_or_default().replace('\0', "");
        let words = text.split(|letter: char| letter == ',' || is_space(letter));
        let words: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if words.len() > MAX_WORDS {
            let message = format!("Ensure there are no more than {MAX_WORDS} words.");
            self.fault(name, "max_length", message.into());
        }
        words
    }

    /// Fails if a parameter was invalid.
    ///
    /// # Errors
    /// 400 with all invalid parameters.
    pub(crate) fn check(&mut self) -> Result<(), ApiError> {
        match std::mem::take(&mut self.faults) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(ApiError::inputs(faults)),
        }
    }

    fn one<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, ParamError>) -> Option<T> {
        let text = self.last(name).map(|text| text.trim_matches(is_space));
        let text = text.filter(|text| !text.is_empty())?;
        match read(text) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.fault(name, code, message);
                None
            }
        }
    }

    fn fault(&mut self, name: &'static str, code: &'static str, message: Cow<'static, str>) {
        self.faults.push(InputError { location: InputLocation::Query, name, code, message });
    }
}

const NULL_CHARACTER: &str = "Null characters are not allowed.";
const INVALID_CHOICE: &str = "invalid_choice";

/// The message about a value that is not one of the choices.
pub(crate) fn no_choice(value: &str) -> String {
    format!("Select a valid choice. {value} is not one of the available choices.")
}

/// Checks the text of a choice.
fn choice_text(value: &str) -> Result<String, String> {
    if value.contains('\0') { Err(NULL_CHARACTER.to_owned()) } else { Ok(value.to_owned()) }
}

#[cfg(test)]
mod tests;
