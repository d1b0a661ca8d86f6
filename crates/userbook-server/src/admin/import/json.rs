//! A seed as the source of an import. The whole file is read at once.

use std::{collections::VecDeque, path::Path};

use super::record::{ImportUser, Reader, Record, Row};
use crate::{admin::Failure, seed::Seed};

pub(super) struct JsonReader {
    rows: VecDeque<Row>,
    total: usize,
}

impl JsonReader {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let file = Seed::read_file(path)?;
        let mut rows: VecDeque<Row> = VecDeque::new();
        let place = |list: &str, n: usize| format!("{list}[{n}]");
        for (n, row) in file.groups.into_iter().enumerate() {
            rows.push_back((place("groups", n), Ok(Record::Group(Box::new(row)))));
        }
        for (n, row) in file.users.into_iter().enumerate() {
            let user = ImportUser::of_row(row).map(|user| Record::User(Box::new(user)));
            rows.push_back((place("users", n), user));
        }
        for (n, row) in file.tokens.into_iter().enumerate() {
            rows.push_back((place("tokens", n), Ok(Record::Token(row))));
        }
        for (n, row) in file.permissions.into_iter().enumerate() {
            rows.push_back((place("permissions", n), Ok(Record::Grant(row.into()))));
        }
        for (n, row) in file.object_permissions.into_iter().enumerate() {
            rows.push_back((place("object_permissions", n), Ok(Record::Grant(row.into()))));
        }
        Ok(Self { total: rows.len(), rows })
    }
}

impl Reader for JsonReader {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        Ok(self.rows.pop_front())
    }

    fn total(&self) -> u64 {
        self.total as u64
    }

    fn position(&self) -> u64 {
        (self.total - self.rows.len()) as u64
    }
}
