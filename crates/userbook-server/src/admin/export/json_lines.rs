//! JSON Lines: each line is an object with one key, the kind of its row.

use std::io::{self, Write};

use serde::Serialize;
use userbook::{Group, User};

use super::{FileSink, Output};
use crate::{
    auth::{GrantRow, GrantedOn, TokenRow},
    maintenance::ExportSink,
    seed::{GroupOut, ObjectPermissionOut, PermissionOut, TokenOut, UserOut},
};

pub(super) struct JsonLinesSink {
    out: Output,
}

impl JsonLinesSink {
    pub(super) fn new(out: Output) -> Self {
        Self { out }
    }

    fn row(&mut self, kind: &str, row: impl Serialize) -> io::Result<()> {
        write!(self.out, "{{\"{kind}\":")?;
        serde_json::to_writer(&mut self.out, &row)?;
        self.out.write_all(b"}\n")
    }
}

impl ExportSink for JsonLinesSink {
    fn install_id(&mut self, id: &str) -> io::Result<()> {
        self.row("install_id", id)
    }

    fn groups(&mut self, groups: &[Group]) -> io::Result<()> {
        groups.iter().try_for_each(|group| self.row("group", GroupOut::from(group)))
    }

    fn users(&mut self, users: &[User]) -> io::Result<()> {
        users.iter().try_for_each(|user| self.row("user", UserOut::new(user, None)))
    }

    fn tokens(&mut self, tokens: &[TokenRow]) -> io::Result<()> {
        tokens.iter().try_for_each(|token| self.row("token", TokenOut::from(token)))
    }

    fn grants(&mut self, grants: &[GrantRow]) -> io::Result<()> {
        grants.iter().try_for_each(|grant| match ObjectPermissionOut::new(grant) {
            None => {
                debug_assert_eq!(grant.on, GrantedOn::Everything);
                self.row("permission", PermissionOut::from(grant))
            }
            Some(row) => self.row("object_permission", row),
        })
    }
}

impl FileSink for JsonLinesSink {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
