//! Writes the groups of a file. A parent may come after its children.

use userbook::{AccessError, Group, GroupError, GroupId, ListError, NewGroup};

use super::{
    apply::Importer,
    record::RowError,
    report::{Change, Kind, Report},
};
use crate::{
    admin::{Failure, lookup},
    seed::rows::GroupRow,
};

impl Importer<'_> {
    /// Keeps a group until the next row of another kind.
    pub(super) fn defer_group(&mut self, place: String, group: GroupRow) {
        self.deferred.push((place, group));
    }

    /// Writes the kept groups, parents first.
    pub(super) async fn write_groups(&mut self, report: &mut Report<'_>) -> Result<(), Failure> {
        let mut waiting = std::mem::take(&mut self.deferred);
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut next = Vec::new();
            let ids: Vec<GroupId> = waiting.iter().map(|(_, group)| group.pk).collect();
            for (place, group) in waiting {
                if group
                    .parent
                    .is_some_and(|parent| ids.contains(&parent) && !self.groups.contains_key(&parent))
                {
                    next.push((place, group));
                    continue;
                }
                if self.groups.contains_key(&group.pk) {
                    let message = format!("{} is in this file already", group.pk);
                    report.refused(&place, &RowError::new("pk", message));
                    continue;
                }
                match self.write_group(&group).await? {
                    Ok(change) => report.count(Kind::Group, change),
                    Err(row_error) => report.refused(&place, &row_error),
                }
            }
            if next.len() == before {
                for (place, _) in next {
                    report.refused(&place, &RowError::new("parent", "the group is its own ancestor"));
                }
                return Ok(());
            }
            waiting = next;
        }
        Ok(())
    }

    async fn write_group(&mut self, row: &GroupRow) -> Result<Result<Change, RowError>, Failure> {
        let parent = match row.parent {
            None => None,
            Some(parent) => match self.group_id(&parent.to_string()).await? {
                Some(parent) => Some(parent),
                None => return Ok(Err(RowError::new("parent", format!("no group {parent}")))),
            },
        };
        let stored = match self.stored_group(row.pk).await? {
            Some(stored) => Some(stored),
            None => lookup::group_named(self.context, &row.name).await?,
        };
        let id = stored.as_ref().map_or(row.pk, |stored| stored.id);
        let is_unchanged = |stored: &Group| {
            (&stored.name, stored.is_superuser, stored.parent, &stored.attributes)
                == (&row.name, row.is_superuser, parent, &row.attributes)
                && row.external_ids.is_contained_in(&stored.external_ids)
        };
        if stored.as_ref().is_some_and(is_unchanged) {
            self.groups.insert(row.pk, id);
            return Ok(Ok(Change::Unchanged));
        }
        let mut new = NewGroup::new(row.name.as_str())
            .superuser(row.is_superuser)
            .parent(parent.filter(|parent| !self.planned.contains(parent)))
            .attributes(row.attributes.clone());
        for (source, identifier) in row.external_ids.iter() {
            new = new.set_external_id(source.clone(), identifier);
        }
        let call = self.context.service.put_group(&self.context.actor, id, new);
        let written = if self.dry_run { call.dry_run().await } else { call.await };
        match written {
            Ok(_) => {
                self.groups.insert(row.pk, id);
                self.names.insert(row.name.clone(), id);
                if self.dry_run && stored.is_none() {
                    self.planned.insert(id);
                }
                Ok(Ok(if stored.is_some() { Change::Updated } else { Change::Created }))
            }
            Err(error) => row_error(error).map(Err),
        }
    }

    pub(super) async fn stored_group(&self, id: GroupId) -> Result<Option<Group>, Failure> {
        match self.context.service.retrieve_group(&self.context.actor, id, false).await {
            Ok(entry) => Ok(Some(entry.group)),
            Err(ListError::Access(AccessError::NotFound)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A failure of the database ends the import; everything else refuses the row.
fn row_error(error: GroupError) -> Result<RowError, Failure> {
    match error {
        GroupError::Invalid(violations) => Ok(match violations.iter().next() {
            Some(violation) => RowError {
                field: violation.field.map(|field| field.to_string()),
                message: violation.kind.to_string(),
            },
            None => RowError::general("invalid"),
        }),
        GroupError::Access(AccessError::Store(error)) => Err(error.into()),
        GroupError::Access(AccessError::Authorizer(error)) => Err(error.into()),
        error => Ok(RowError::general(error.to_string())),
    }
}
