//! From the rows of `list_users.sql` to a page.

use std::collections::BTreeMap;

use userbook::{GroupGraph, GroupId, User, UserId, UserPage};

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
pub(super) struct UserRows {
    users: BTreeMap<UserId, User>,
    memberships: Vec<(UserId, GroupId)>,
    groups: GroupGraph,
    budget: Budget,
    pace: Pace,
    too_large: bool,
}

impl UserRows {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self {
            users: BTreeMap::new(),
            memberships: Vec::new(),
            groups: GroupGraph::default(),
            budget: Budget::new(max_bytes),
            pace: Pace::default(),
            too_large: false,
        }
    }

    /// Takes a row, unless the page is too large with it: nothing is decoded then.
    pub(super) fn see<R: RowExt>(&mut self, row: &R) -> Decoded<Flow> {
        let kind = row_kind(row)?;
        let bytes = match kind.as_str() {
            "user" => user_bytes(row)?,
            "group" => group_bytes(row)?,
            _ => 0,
        };
        if !self.budget.take(bytes) {
            self.too_large = true;
            return Ok(Flow::Stop);
        }
        match kind.as_str() {
            "user" => {
                let user = decode::user(row)?;
                self.users.insert(user.id, user);
            }
            "membership" => {
                let user = UserId(required(row, "id", R::integer)?);
                self.memberships.push((user, decode::group_id(row)?));
            }
            "group" => self.groups.insert(decode::group(row)?),
            kind => return Err(unknown(kind)),
        }
        Ok(self.pace.step(bytes))
    }

    /// The page, with its users in the order of `ids`.
    pub(super) fn finish(mut self, ids: &[UserId], count: u64) -> UserPage {
        if self.too_large {
            return UserPage { count, too_large: true, ..UserPage::default() };
        }
        for (user, group) in self.memberships {
            if let Some(user) = self.users.get_mut(&user) {
                user.groups.insert(group);
            }
        }
        let users = ids.iter().filter_map(|id| self.users.remove(id)).collect();
        UserPage { users, groups: self.groups, count, too_large: false }
    }
}
