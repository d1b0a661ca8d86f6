//! Writes the users of a file in batches: first as new users, and those that are stored already as updates.

use std::{collections::BTreeSet, fmt::Display};

use userbook::{
    GroupId, NewUser, Outcome, UpdateError, UserUpdate,
    field::Memberships,
    service::{BulkOperation, BulkResult},
};

use super::{
    apply::{Importer, row_error},
    record::{ImportUser, LastLogin, RowError},
    report::{Change, Kind, Report},
};
use crate::admin::Failure;

/// The number of users in a batch.
const BATCH: usize = 256;

/// A user of the file with its place there and the stored ids of its groups.
pub(super) struct PendingUser {
    place: String,
    row: ImportUser,
    groups: Option<BTreeSet<GroupId>>,
}

impl Importer<'_> {
    /// Keeps a user for the next batch.
    pub(super) async fn defer_user(
        &mut self,
        place: &str,
        row: ImportUser,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        if let Some(row_error) = self.repeated(&row) {
            report.refused(place, &row_error);
            return Ok(());
        }
        let groups = match &row.groups {
            None => None,
            Some(texts) => match self.group_ids(texts).await? {
                Ok(groups) => Some(groups),
                Err(row_error) => {
                    report.refused(place, &row_error);
                    return Ok(());
                }
            },
        };
        self.pending.push(PendingUser { place: place.to_owned(), row, groups });
        if self.pending.len() >= BATCH { self.write_users(report).await } else { Ok(()) }
    }

    /// Returns what identifies an earlier user of the file too.
    fn repeated(&mut self, row: &ImportUser) -> Option<RowError> {
        let repeated = |field, value: &dyn Display| {
            Some(RowError::new(field, format!("{value} is in this file already")))
        };
        if !self.seen.insert(row.username.as_str().into()) {
            return repeated("username", &format_args!("{:?}", row.username));
        }
        if let Some(uuid) = row.uuid.filter(|uuid| !self.uuids.insert(*uuid)) {
            return repeated("uuid", &uuid);
        }
        match row.pk.filter(|pk| !self.numbers.insert(*pk)) {
            Some(pk) => repeated("pk", &pk),
            None => None,
        }
    }

    /// Writes the kept users.
    pub(super) async fn write_users(&mut self, report: &mut Report<'_>) -> Result<(), Failure> {
        let pending = std::mem::take(&mut self.pending);
        let results = self.run(pending.iter().map(PendingUser::insertion).collect()).await?;
        let mut stored = Vec::new();
        for (user, result) in pending.into_iter().zip(results) {
            match result {
                // Perhaps because the user is stored.
                Err(UpdateError::Invalid(violations)) => match self.stored_user(&user.row).await? {
                    Ok(Some(view)) => stored.push((user, view.user.id)),
                    Ok(None) => report.refused(&user.place, &row_error(UpdateError::Invalid(violations))?),
                    Err(row_error) => report.refused(&user.place, &row_error),
                },
                result => self.report_user(&user, result, Change::Created, report)?,
            }
        }
        let updates = stored.iter().map(|(user, id)| BulkOperation::Update((*id).into(), user.update()));
        let results = self.run(updates.collect()).await?;
        for ((user, _), result) in stored.into_iter().zip(results) {
            self.report_user(&user, result, Change::Updated, report)?;
        }
        Ok(())
    }

    async fn run(&self, operations: Vec<BulkOperation>) -> Result<Vec<BulkResult>, Failure> {
        let mut results = Vec::with_capacity(operations.len());
        let bulk = self.context.service.bulk(&self.context.actor).batch_size(BATCH);
        let bulk = if self.dry_run { bulk.dry_run() } else { bulk };
        bulk.run(operations, |_, result| results.push(result)).await?;
        Ok(results)
    }

    fn report_user(
        &mut self,
        user: &PendingUser,
        result: BulkResult,
        change: Change,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let written = match result {
            Ok(written) => written,
            Err(error) => {
                report.refused(&user.place, &row_error(error)?);
                return Ok(());
            }
        };
        if let Some(pk) = user.row.pk {
            self.users.insert(pk, written.view.user.id);
        }
        let is_same = written.outcome == Outcome::Unchanged || written.diff.is_empty();
        let change = if is_same && change == Change::Updated { Change::Unchanged } else { change };
        report.count(Kind::User, change);
        Ok(())
    }
}

impl PendingUser {
    fn insertion(&self) -> BulkOperation {
        let row = &self.row;
        let name = row.name.as_deref().unwrap_or(&row.username);
        let mut new = NewUser::new(row.username.as_str(), name).with(|user| self.fields(user));
        if let Some(uuid) = row.uuid {
            new = new.uuid(uuid);
        }
        if !row.merged_attributes.is_empty() {
            new = new.with(|user| user.attributes(row.merged_attributes.clone()));
        }
        BulkOperation::Insert(new)
    }

    fn update(&self) -> UserUpdate {
        let update = self.fields(UserUpdate::patch().username(self.row.username.as_str()));
        match &self.row.merged_attributes {
            none if none.is_empty() => update,
            merged => update.merge_attributes(merged.clone()),
        }
    }

    /// Sets the fields that the row names.
    fn fields(&self, mut update: UserUpdate) -> UserUpdate {
        let row = &self.row;
        if let Some(name) = &row.name {
            update = update.name(name.as_str());
        }
        if let Some(email) = &row.email {
            update = update.email(email.as_str());
        }
        if let Some(active) = row.is_active {
            update = update.is_active(active);
        }
        if let LastLogin::At(time) = row.last_login {
            update = update.last_login(time);
        }
        if let Some(path) = &row.path {
            update = update.path(path.as_str());
        }
        if let Some(user_type) = row.user_type {
            update = update.user_type(user_type);
        }
        if let Some(attributes) = &row.attributes {
            update = update.attributes(attributes.clone());
        }
        for (source, identifier) in row.external_ids.iter() {
            update = update.set_external_id(source.clone(), identifier);
        }
        match &self.groups {
            Some(groups) => update.groups(groups.iter().copied().collect::<Memberships>()),
            None => update,
        }
    }
}
