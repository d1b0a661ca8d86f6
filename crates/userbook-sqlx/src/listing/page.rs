//! From the rows of `list_users.sql` and `list_groups.sql` to a page.

use std::collections::BTreeMap;

use userbook::{
    GroupId, User, UserId,
    model::GroupGraph,
    store::{GroupEntry, GroupPage, ROW_BYTES, UserPage},
};

use super::read::Pace;
use crate::{
    decode::{self, Decoded, RowExt, required},
    driver::Flow,
    snapshot::{row_kind, unknown},
};

const USER_TEXTS: [&str; 6] = ["username", "name", "email", "path", "attributes", "external_ids"];
const GROUP_TEXTS: [&str; 3] = ["name", "attributes", "external_ids"];

/// The bytes that a page may still grow by, and the pace of its scan.
#[derive(Debug)]
pub(super) struct Meter {
    left: Option<u64>,
    pace: Pace,
}

impl Meter {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self { left: Some(max_bytes), pace: Pace::default() }
    }

    /// Counts a row with these columns of text and JSON.
    fn count_row<R: RowExt>(&mut self, row: &R, texts: &[&'static str]) -> Decoded<Flow> {
        Ok(self.count(texts.iter().map(|column| row.text_len(column)).sum::<Decoded<usize>>()?))
    }

    /// Counts a row with this many bytes of text and JSON. [`Flow::Stop`]: the page is too large with the row.
    pub(super) fn count(&mut self, bytes: usize) -> Flow {
        let cost = ROW_BYTES.saturating_add(bytes as u64);
        self.left = self.left.and_then(|left| left.checked_sub(cost));
        if self.is_too_large() { Flow::Stop } else { self.pace.step(bytes) }
    }

    /// Passes a row that is not part of the page.
    pub(super) fn skip(&mut self, bytes: usize) -> Flow {
        self.pace.step(bytes)
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.left.is_none()
    }
}

/// The rows of a page of users so far.
#[derive(Debug)]
pub(super) struct UserRows {
    users: BTreeMap<UserId, User>,
    memberships: Vec<(UserId, GroupId)>,
    groups: GroupGraph,
    meter: Meter,
}

impl UserRows {
    pub(super) fn new(max_bytes: u64) -> Self {
        let (users, memberships, groups) = Default::default();
        Self { users, memberships, groups, meter: Meter::new(max_bytes) }
    }

    /// Adds a row. A row that makes the page too large is not decoded.
    pub(super) fn see<R: RowExt>(&mut self, row: &R) -> Decoded<Flow> {
        let kind = row_kind(row)?;
        let texts: &[_] = match kind.as_str() {
            "user" => &USER_TEXTS,
            "group" => &GROUP_TEXTS,
            _ => &[],
        };
        let flow = self.meter.count_row(row, texts)?;
        match kind.as_str() {
            _ if flow == Flow::Stop => {}
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
        Ok(flow)
    }

    /// The page, with its users in the order of `ids`.
    pub(super) fn finish(mut self, ids: &[UserId], count: u64) -> UserPage {
        if self.meter.is_too_large() {
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

/// The rows of a page of groups so far.
#[derive(Debug)]
pub(super) struct GroupRows {
    entries: BTreeMap<GroupId, GroupEntry>,
    members: Vec<(GroupId, User)>,
    meter: Meter,
}

impl GroupRows {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self { entries: BTreeMap::new(), members: Vec::new(), meter: Meter::new(max_bytes) }
    }

    /// Adds a row. A row that makes the page too large is not decoded.
    pub(super) fn see<R: RowExt>(&mut self, row: &R) -> Decoded<Flow> {
        let kind = row_kind(row)?;
        let texts: &[_] = match kind.as_str() {
            "group" => &GROUP_TEXTS,
            "member" => &USER_TEXTS,
            kind => return Err(unknown(kind)),
        };
        let flow = self.meter.count_row(row, texts)?;
        if flow == Flow::Stop {
            return Ok(flow);
        }
        if kind == "group" {
            let group = decode::group(row)?;
            let parent_name = row.text("parent_name")?;
            self.entries.insert(group.id, GroupEntry { group, parent_name, members: Vec::new() });
        } else {
            let group = GroupId(required(row, "of_group", R::uuid)?);
            self.members.push((group, decode::user(row)?));
        }
        Ok(flow)
    }

    /// The page, with its groups in the order of `ids`.
    pub(super) fn finish(mut self, ids: &[GroupId], count: u64) -> GroupPage {
        if self.meter.is_too_large() {
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
