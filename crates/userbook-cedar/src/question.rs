//! A check as Cedar asks it: an action on a resource.

use userbook::{Check, Field, GroupGraph, GroupId, Resource, UserId};

use crate::{facts::ends_in_cycle, words::Action};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) action: Action,
    pub(crate) resource: Resource,
    /// The field, for actions that change one.
    pub(crate) field: Option<Field>,
    /// Whose groups are in question.
    pub(crate) account: Option<UserId>,
}

/// What it is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Account(UserId),
    Group(GroupId),
    Directory,
}

impl Question {
    /// The question that a check raises about a target; `None`: there is none, so the check is denied.
    pub(crate) fn new(check: Check, target: Resource<'_>) -> Option<Self> {
        let account = target.user_id();
        let about = |action, resource| Some(Self { action, resource, field: None, account: None });
        let about_account = |action| about(action, Resource::Account(account?));
        let about_group = |action, group| {
            // What such a group is below cannot be told, so what is forbidden below something might get by.
            let told = graph(target).is_some_and(|graph| !ends_in_cycle(graph, group));
            about(action, Resource::Group(group)).filter(|_| told)
        };
        let about_member =
            |action, group| about_group(action, group).map(|question| Self { account, ..question });
        match check {
            Check::View => about_account(Action::View),
            Check::Change => about_account(Action::Change),
            Check::Set(field) => {
                about_account(Action::set(field)).map(|question| Self { field: Some(field), ..question })
            }
            Check::DeleteUser => about_account(Action::DeleteUser),
            Check::Join(group) => about_member(Action::Join, group),
            Check::AddMember(group) => about_member(Action::AddMember, group),
            Check::RemoveMember(group) => about_member(Action::RemoveMember, group),
            Check::GrantSuperuser(group) => about_member(Action::GrantSuperuser, group),
            Check::ChangeGroup(group) => about_group(Action::ChangeGroup, group),
            Check::DeleteGroup(group) => about_group(Action::DeleteGroup, group),
            Check::AddUser => about(Action::AddUser, Resource::Directory),
            Check::AddGroup(_) => about(Action::AddGroup, Resource::Directory),
            // Whatever comes later is denied until there are words for it.
            _ => None,
        }
    }
}

fn graph(target: Resource<'_>) -> Option<&GroupGraph> {
    match target {
        Resource::User(snapshot) => Some(&snapshot.groups),
        Resource::Directory(directory) => Some(&directory.groups),
        Resource::MissingUser(_) => None,
    }
}
