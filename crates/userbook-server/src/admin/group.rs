//! `group`: lists, shows, creates, changes and deletes groups, and their members.

use clap::{Args, Subcommand};
use serde_json::json;
use userbook::{
    Group, GroupId, GroupUpdated, JsonObject, NewGroup,
    clock::{ChangeIds, RandomIds},
    service::Listing,
    store::{GroupColumn, GroupEntry, GroupFilter, Order},
};
use uuid::Uuid;

use super::{Failure, Message, context::Context, lookup, print, user::outcome};
use crate::seed::GroupOut;

/// The number of groups that one query reads.
const PAGE: u32 = 500;

/// `group …`
#[derive(Debug, Clone, Args)]
pub struct GroupArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Lists groups
    List,
    /// Shows a group and its members
    Show {
        /// Name or UUID
        group: String,
    },
    /// Creates a group
    Create {
        /// The name
        name: String,
        #[command(flatten)]
        fields: Fields,
        /// The UUID; random by default
        #[arg(long)]
        uuid: Option<Uuid>,
    },
    /// Changes the given fields of a group
    Update {
        /// Name or UUID
        group: String,
        /// The new name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        fields: Fields,
        /// Removes the parent
        #[arg(long, conflicts_with = "parent")]
        no_parent: bool,
    },
    /// Deletes a group; its members stay
    Delete {
        /// Name or UUID
        group: String,
    },
    /// Adds users to a group
    Add {
        /// Name or UUID
        group: String,
        /// Usernames, numbers or UUIDs
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Removes users from a group
    Remove {
        /// Name or UUID
        group: String,
        /// Usernames, numbers or UUIDs
        #[arg(required = true)]
        users: Vec<String>,
    },
}

/// The fields of a group.
#[derive(Debug, Clone, Args)]
struct Fields {
    /// Whether the members are superusers
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    superuser: Option<bool>,
    /// The parent group (name or UUID)
    #[arg(long, value_name = "GROUP")]
    parent: Option<String>,
    /// The attributes as a JSON object, in place of all present ones
    #[arg(long, value_name = "JSON", value_parser = object)]
    attributes: Option<JsonObject>,
}

fn object(text: &str) -> Result<JsonObject, serde_json::Error> {
    serde_json::from_str(text)
}

impl Fields {
    /// Returns these fields in place of those of `group`.
    async fn over(
        &self,
        context: &Context,
        group: &Group,
        parent: Option<GroupId>,
    ) -> Result<NewGroup, Failure> {
        let parent = match &self.parent {
            Some(text) => Some(lookup::group(context, text).await?.id),
            None => parent,
        };
        let new = NewGroup::new(group.name.as_str())
            .superuser(self.superuser.unwrap_or(group.is_superuser))
            .parent(parent);
        Ok(match &self.attributes {
            Some(attributes) => new.attributes(attributes.clone()),
            None => new.attributes(group.attributes.clone()),
        })
    }
}

pub(super) async fn run(context: &Context, arguments: &GroupArgs) -> Result<(), Failure> {
    let json = arguments.json;
    let (service, actor) = (&context.service, &context.actor);
    match &arguments.action {
        Action::List => list(context, json).await,
        Action::Show { group } => {
            let id = lookup::group(context, group).await?.id;
            show(&service.retrieve_group(actor, id, true).await?, json)
        }
        Action::Create { name, fields, uuid } => {
            if lookup::group_named(context, name).await?.is_some() {
                return Err(Message::failure(format!("a group {name:?} exists already")));
            }
            let id = GroupId(uuid.unwrap_or_else(|| RandomIds.next_uuid()));
            let blank = Group { id, name: name.clone(), ..Group::example() };
            let new = fields.over(context, &blank, None).await?;
            report("created", &service.put_group(actor, id, new).await?, json)
        }
        Action::Update { group, name, fields, no_parent } => {
            let mut stored = lookup::group(context, group).await?;
            if let Some(name) = name {
                stored.name.clone_from(name);
            }
            let parent = stored.parent.filter(|_| !no_parent);
            let new = fields.over(context, &stored, parent).await?;
            report("updated", &service.put_group(actor, stored.id, new).await?, json)
        }
        Action::Delete { group } => {
            let id = lookup::group(context, group).await?.id;
            report("deleted", &service.delete_group(actor, id).await?, json)
        }
        Action::Add { group, users } => members(context, group, users, true, json).await,
        Action::Remove { group, users } => members(context, group, users, false, json).await,
    }
}

async fn members(
    context: &Context,
    group: &str,
    users: &[String],
    joins: bool,
    json: bool,
) -> Result<(), Failure> {
    let group = lookup::group(context, group).await?;
    for user in users {
        let id = lookup::user(context, user).await?.user.id;
        let call = if joins {
            context.service.add_member(&context.actor, group.id, id)
        } else {
            context.service.remove_member(&context.actor, group.id, id)
        };
        let written = call.await?;
        let what = outcome(if joins { "added" } else { "removed" }, written.outcome);
        let user = &written.view.user;
        if json {
            print::json(&json!({"outcome": what, "group": group.id, "user": user.id}))?;
        } else {
            print::line(&format!("group {}: {} {what}", group.name, lookup::shown(user)))?;
        }
    }
    Ok(())
}

async fn list(context: &Context, json: bool) -> Result<(), Failure> {
    let mut entries: Vec<GroupEntry> = Vec::new();
    loop {
        let order = vec![Order { column: GroupColumn::Name, descending: false }];
        let offset = entries.len() as u64;
        let listing = Listing { filter: GroupFilter::default(), order, offset, limit: PAGE };
        let page = context.service.list_groups(&context.actor, listing, false).await?.groups;
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    if json {
        let groups: Vec<_> = entries.iter().map(|entry| GroupOut::from(&entry.group)).collect();
        return print::json(&groups);
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    print::table(["uuid", "name", "superuser", "parent"], &rows)
}

fn row(entry: &GroupEntry) -> [String; 4] {
    let group = &entry.group;
    let superuser = if group.is_superuser { "yes" } else { "no" }.to_owned();
    [group.id.to_string(), group.name.clone(), superuser, entry.parent_name.clone().unwrap_or_default()]
}

fn show(entry: &GroupEntry, json: bool) -> Result<(), Failure> {
    let members: Vec<_> = entry.members.iter().map(|user| user.id).collect();
    if json {
        return print::json(&json!({"group": GroupOut::from(&entry.group), "members": members}));
    }
    let [uuid, name, superuser, parent] = row(entry);
    let names: Vec<&str> = entry.members.iter().map(|user| user.username.as_str()).collect();
    let attributes = entry.group.attributes.to_string();
    for (key, value) in [
        ("uuid", uuid),
        ("name", name),
        ("superuser", superuser),
        ("parent", parent),
        ("members", names.join(", ")),
        ("attributes", attributes),
    ] {
        print::line(format!("{:<12}{value}", format!("{key}:")).trim_end())?;
    }
    Ok(())
}

fn report(what: &str, written: &GroupUpdated, json: bool) -> Result<(), Failure> {
    let what = outcome(what, written.outcome);
    let group = &written.group;
    if json {
        return print::json(&json!({"outcome": what, "group": GroupOut::from(group), "diff": written.diff}));
    }
    print::line(&format!("group {} ({}): {what}", group.name, group.id))
}
