//! From the rows of `list_groups.sql` to a page.

use std::collections::BTreeMap;

use userbook::{GroupEntry, GroupId, GroupPage, User};

use super::{
    budget::{Budget, group_bytes, user_bytes},
    read::Pace,
};
use crate::{
    backend::Flow,
    decode::{self, Decoded, RowExt, required},
    snapshot::{row_kind, unknown},
};

/// The rows seen so far.
#[derive(Debug)]
pub(super) struct GroupRows {
    entries: BTreeMap<GroupId, GroupEntry>,
    members: Vec<(GroupId, User)>,
    budget: Budget,
    pace: Pace,
    too_large: bool,
}

impl GroupRows {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            members: Vec::new(),
            budget: Budget::new(max_bytes),
            pace: Pace::default(),
            too_large: false,
        }
    }

    /// Takes a row, unless the page is too large with it: nothing is decoded then.
    pub(super) fn see<R: RowExt>(&mut self, row: &R) -> Decoded<Flow> {
        let kind = row_kind(row)?;
        let bytes = match kind.as_str() {
            "group" => group_bytes(row)?,
            "member" => user_bytes(row)?,
            kind => return Err(unknown(kind)),
        };
        if !self.budget.take(bytes) {
            self.too_large = true;
            return Ok(Flow::Stop);
        }
        if kind == "group" {
            let group = decode::group(row)?;
            let parent_name = row.text("parent_name")?;
            self.entries.insert(group.id, GroupEntry { group, parent_name, members: Vec::new() });
        } else {
            let group = GroupId(required(row, "of_group", R::uuid)?);
            self.members.push((group, decode::user(row)?));
        }
        Ok(self.pace.step(bytes))
    }

    /// The page, with its groups in the order of `ids`.
    pub(super) fn finish(mut self, ids: &[GroupId], count: u64) -> GroupPage {
        if self.too_large {
            return GroupPage { count, too_large: true, ..GroupPage::default() };
        }
        self.members.sort_by_key(|(_, member)| member.id);
        for (group, member) in self.members {
            if let Some(entry) = self.entries.get_mut(&group) {
                entry.members.push(member);
            }
        }
        let groups = ids.iter().filter_map(|id| self.entries.remove(id)).collect();
        GroupPage { groups, count, too_large: false }
    }
}
