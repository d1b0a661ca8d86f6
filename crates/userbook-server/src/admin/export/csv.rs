//! CSV: the users, with the names of their groups.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use csv::Writer;
use userbook::{Group, GroupId, User, model::timestamp_text};

use super::{FileSink, Output};
use crate::{
    auth::{GrantRow, TokenRow},
    maintenance::ExportSink,
};

/// The columns, which `import` knows by these names.
const COLUMNS: [&str; 11] = [
    "uuid",
    "username",
    "name",
    "email",
    "is_active",
    "last_login",
    "path",
    "type",
    "groups",
    "attributes",
    "external_ids",
];

pub(super) struct CsvSink {
    out: Writer<Output>,
    names: BTreeMap<GroupId, String>,
}

impl CsvSink {
    pub(super) fn new(out: Output) -> Self {
        Self { out: Writer::from_writer(out), names: BTreeMap::new() }
    }
}

impl ExportSink for CsvSink {
    fn install_id(&mut self, _: &str) -> io::Result<()> {
        Ok(self.out.write_record(COLUMNS)?)
    }

    fn groups(&mut self, groups: &[Group]) -> io::Result<()> {
        // A name with the separator would be read as two.
        let text = |group: &Group| {
            if group.name.contains(';') || group.name.trim() != group.name || group.name.is_empty() {
                group.id.to_string()
            } else {
                group.name.clone()
            }
        };
        self.names.extend(groups.iter().map(|group| (group.id, text(group))));
        Ok(())
    }

    fn users(&mut self, users: &[User]) -> io::Result<()> {
        for user in users {
            let groups: Vec<&str> =
                user.groups.iter().filter_map(|id| self.names.get(id)).map(String::as_str).collect();
            self.out.write_record([
                user.uuid.to_string().as_str(),
                &user.username,
                &user.name,
                &user.email,
                if user.is_active { "true" } else { "false" },
                &user.last_login.map(timestamp_text).unwrap_or_default(),
                &user.path,
                &user.user_type.to_string(),
                &groups.join(";"),
                &serde_json::to_string(&user.attributes)?,
                &serde_json::to_string(&user.external_ids)?,
            ])?;
        }
        Ok(())
    }

    fn tokens(&mut self, _: &[TokenRow]) -> io::Result<()> {
        Ok(())
    }

    fn grants(&mut self, _: &[GrantRow]) -> io::Result<()> {
        Ok(())
    }
}

impl FileSink for CsvSink {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()?;
        let mut out = self.out.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        out.flush()
    }
}
