//! From the rows of one statement to a page.

use std::collections::BTreeMap;

use userbook::{GroupEntry, GroupId, GroupPage, User, UserId, UserPage};

use crate::{
    decode::{self, Columns, Decoded, some},
    facts::{part, unknown},
};

/// The answer of `list_users.sql`, in the order of `ids`.
pub(super) fn users<R: Columns>(ids: &[UserId], count: u64, rows: &[R]) -> Decoded<UserPage> {
    let mut page = UserPage { count, ..UserPage::default() };
    let mut users: BTreeMap<UserId, User> = BTreeMap::new();
    let mut memberships = Vec::new();
    for row in rows {
        match part(row)?.as_str() {
            "user" => {
                let user = decode::user(row)?;
                users.insert(user.id, user);
            }
            "member" => memberships.push((UserId(some(row, "id", R::integer)?), decode::group_id(row)?)),
            "group" => page.groups.insert(decode::group(row)?),
            part => return Err(unknown(part)),
        }
    }
    for (user, group) in memberships {
        if let Some(user) = users.get_mut(&user) {
            user.groups.insert(group);
        }
    }
    page.users = ids.iter().filter_map(|id| users.remove(id)).collect();
    Ok(page)
}

/// The answer of `list_groups.sql`, in the order of `ids`.
pub(super) fn groups<R: Columns>(ids: &[GroupId], count: u64, rows: &[R]) -> Decoded<GroupPage> {
    let mut entries: BTreeMap<GroupId, GroupEntry> = BTreeMap::new();
    let mut members = Vec::new();
    for row in rows {
        match part(row)?.as_str() {
            "group" => {
                let group = decode::group(row)?;
                let parent_name = row.text("parent_name")?;
                entries.insert(group.id, GroupEntry { group, parent_name, members: Vec::new() });
            }
            "member" => members.push((GroupId(some(row, "of_group", R::uuid)?), decode::user(row)?)),
            part => return Err(unknown(part)),
        }
    }
    members.sort_by_key(|(_, member)| member.id);
    for (group, member) in members {
        if let Some(entry) = entries.get_mut(&group) {
            entry.members.push(member);
        }
    }
    Ok(GroupPage { groups: ids.iter().filter_map(|id| entries.remove(id)).collect(), count })
}
