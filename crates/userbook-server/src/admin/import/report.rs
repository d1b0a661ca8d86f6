//! Counts rows, and names every refused one.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    progress::Progress,
    record::{RowError, file_name},
};
use crate::admin::{Failure, Message, print};

/// The number of refused rows in the report as JSON. All rows are counted.
const SHOWN: usize = 10_000;

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Updated,
    Unchanged,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
}

pub(super) struct Report<'p> {
    file: String,
    json: bool,
    progress: &'p Progress,
    users: Counts,
    groups: Counts,
    others: Counts,
    refused: u64,
    shown: Vec<Value>,
}

/// The kinds of rows that are counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    User,
    Group,
    /// Tokens and permissions.
    Other,
}

impl<'p> Report<'p> {
    pub(super) fn new(file: &Path, json: bool, progress: &'p Progress) -> Self {
        let (users, groups, others) = (Counts::default(), Counts::default(), Counts::default());
        Self { file: file_name(file), json, progress, users, groups, others, refused: 0, shown: Vec::new() }
    }

    pub(super) fn count(&mut self, kind: Kind, change: Change) {
        let counts = match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
            Kind::Other => &mut self.others,
        };
        match change {
            Change::Created => counts.created += 1,
            Change::Updated => counts.updated += 1,
            Change::Unchanged => counts.unchanged += 1,
        }
    }

    pub(super) fn refused(&mut self, place: &str, row_error: &RowError) {
        self.refused += 1;
        let RowError { field, message } = row_error;
        if !self.json {
            let field = field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
            self.progress.line(&print::printable(&format!("{}: {place}: {field}{message}", self.file)));
        } else if self.shown.len() < SHOWN {
            self.shown.push(json!({"place": place, "field": field, "message": message}));
        }
    }

    /// Prints the numbers. Fails if a row was refused.
    pub(super) fn finish(&self, dry_run: bool) -> Result<(), Failure> {
        if self.json {
            print::json(&json!({
                "dry_run": dry_run, "users": self.users, "groups": self.groups,
                "tokens_and_permissions": self.others, "refused": self.refused, "refused_rows": self.shown,
            }))?;
        } else {
            for (name, Counts { created, updated, unchanged }) in
                [("users", self.users), ("groups", self.groups), ("tokens and permissions", self.others)]
            {
                print::line(&format!(
                    "{name}: {}created {created}, {}updated {updated}, unchanged {unchanged}",
                    if dry_run { "would be " } else { "" },
                    if dry_run { "would be " } else { "" },
                ))?;
            }
        }
        match self.refused {
            0 => Ok(()),
            refused => Err(Message::failure(format!("refused rows: {refused}"))),
        }
    }
}
