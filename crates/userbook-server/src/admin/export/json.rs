//! One JSON file, which `--seed` and `import` accept.

use std::io::{self, Write};

use serde::Serialize;
use userbook::{Group, User};

use super::{FileSink, Output};
use crate::{
    auth::{GrantRow, GrantedOn, TokenRow},
    maintenance::ExportSink,
    seed::{GroupOut, ObjectPermissionOut, PermissionOut, TokenOut, UserOut},
};

/// Writes the lists in the order in which they come.
pub(super) struct JsonSink {
    out: Output,
    /// The list that is open.
    open: Option<&'static str>,
    /// Whether the open list has a row.
    has_row: bool,
}

impl JsonSink {
    pub(super) fn new(out: Output) -> Self {
        Self { out, open: None, has_row: false }
    }

    fn rows<T: Serialize>(&mut self, list: &'static str, rows: impl Iterator<Item = T>) -> io::Result<()> {
        self.open(list)?;
        for row in rows {
            self.out.write_all(if self.has_row { b",\n    " } else { b"\n    " })?;
            self.has_row = true;
            serde_json::to_writer(&mut self.out, &row)?;
        }
        Ok(())
    }

    /// Starts a list, and ends the one before.
    fn open(&mut self, list: &'static str) -> io::Result<()> {
        if self.open == Some(list) {
            return Ok(());
        }
        self.close()?;
        self.open = Some(list);
        self.has_row = false;
        write!(self.out, ",\n  \"{list}\": [")
    }

    fn close(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some(_) if self.has_row => self.out.write_all(b"\n  ]"),
            Some(_) => self.out.write_all(b"]"),
            None => Ok(()),
        }
    }
}

impl ExportSink for JsonSink {
    fn install_id(&mut self, id: &str) -> io::Result<()> {
        self.out.write_all(b"{\n  \"install_id\": ")?;
        serde_json::to_writer(&mut self.out, id)?;
        // Present even without rows.
        self.open("groups")
    }

    fn groups(&mut self, groups: &[Group]) -> io::Result<()> {
        self.rows("groups", groups.iter().map(GroupOut::from))
    }

    fn users(&mut self, users: &[User]) -> io::Result<()> {
        self.rows("users", users.iter().map(|user| UserOut::new(user, None)))
    }

    fn tokens(&mut self, tokens: &[TokenRow]) -> io::Result<()> {
        self.open("users")?;
        self.rows("tokens", tokens.iter().map(TokenOut::from))
    }

    fn grants(&mut self, grants: &[GrantRow]) -> io::Result<()> {
        let everything = grants.iter().filter(|row| row.on == GrantedOn::Everything);
        self.rows("permissions", everything.map(PermissionOut::from))?;
        self.rows("object_permissions", grants.iter().filter_map(ObjectPermissionOut::new))
    }
}

impl FileSink for JsonSink {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.close()?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}
