//! `user`: lists, shows, creates, changes and deletes users.

use clap::{Args, Subcommand};
use serde_json::json;
use userbook::{
    JsonObject, NewUser, Outcome, Updated, UserType, UserUpdate,
    service::Listing,
    store::{Order, SuperuserFilter, UserColumn, UserFilter},
    view::UserView,
};
use uuid::Uuid;

use super::{Failure, context::Context, lookup, print};
use crate::seed::UserOut;

/// The number of users that one query reads.
const PAGE: u32 = 500;

/// `user …`
#[derive(Debug, Clone, Args)]
pub struct UserArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Lists users
    List {
        /// Only users with these words in username, name or email
        #[arg(long)]
        search: Vec<String>,
        /// Only members of this group (name or UUID)
        #[arg(long)]
        group: Option<String>,
        /// Only users with superuser status
        #[arg(long)]
        superusers: bool,
    },
    /// Shows a user
    Show {
        /// Username, number or UUID
        user: String,
    },
    /// Creates a user
    Create {
        /// The username
        username: String,
        #[command(flatten)]
        fields: Fields,
        /// The UUID; random by default
        #[arg(long)]
        uuid: Option<Uuid>,
        /// Checks everything and writes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Changes the given fields of a user
    Update {
        /// Username, number or UUID
        user: String,
        /// The new username
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        fields: Fields,
        /// Removes the user from this group (name or UUID; repeatable)
        #[arg(long = "remove-group", value_name = "GROUP")]
        remove_groups: Vec<String>,
        /// Checks everything and writes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Deactivates a user: tokens and sessions end
    Deactivate {
        /// Username, number or UUID
        user: String,
    },
    /// Deletes a user with memberships, tokens and permissions
    Delete {
        /// Username, number or UUID
        user: String,
    },
}

/// The fields of a user.
#[derive(Debug, Clone, Args)]
struct Fields {
    /// The display name; the username by default
    #[arg(long)]
    name: Option<String>,
    /// The email address
    #[arg(long)]
    email: Option<String>,
    /// The path, such as `users/staff`
    #[arg(long)]
    path: Option<String>,
    /// `internal`, `external` or `service_account`
    #[arg(long = "type", value_name = "TYPE")]
    user_type: Option<UserType>,
    /// Whether the user may sign in
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
    /// Adds the user to this group (name or UUID; repeatable)
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The attributes as a JSON object, in place of all present ones
    #[arg(long, value_name = "JSON", value_parser = object)]
    attributes: Option<JsonObject>,
}

fn object(text: &str) -> Result<JsonObject, serde_json::Error> {
    serde_json::from_str(text)
}

impl Fields {
    async fn apply(&self, context: &Context, mut update: UserUpdate) -> Result<UserUpdate, Failure> {
        for group in lookup::groups(context, &self.groups).await? {
            update = update.join_group(group);
        }
        if let Some(name) = &self.name {
            update = update.name(name.as_str());
        }
        if let Some(email) = &self.email {
            update = update.email(email.as_str());
        }
        if let Some(path) = &self.path {
            update = update.path(path.as_str());
        }
        if let Some(user_type) = self.user_type {
            update = update.user_type(user_type);
        }
        if let Some(active) = self.active {
            update = update.is_active(active);
        }
        if let Some(attributes) = &self.attributes {
            update = update.attributes(attributes.clone());
        }
        Ok(update)
    }
}

pub(super) async fn run(context: &Context, arguments: &UserArgs) -> Result<(), Failure> {
    let json = arguments.json;
    match &arguments.action {
        Action::List { search, group, superusers } => {
            list(context, search, group.as_deref(), *superusers, json).await
        }
        Action::Show { user } => show(&lookup::user(context, user).await?, json),
        Action::Create { username, fields, uuid, dry_run } => {
            // `apply` sets the name again if one is given.
            let start = UserUpdate::replace().username(username.as_str()).name(username.as_str());
            let update = fields.apply(context, start).await?;
            let mut new = NewUser::new(username.as_str(), username.as_str()).with(|_| update);
            if let Some(uuid) = uuid {
                new = new.uuid(*uuid);
            }
            let call = context.service.insert_user(&context.actor, new);
            let written = if *dry_run { call.dry_run().await? } else { call.await? };
            report("created", &written, json)
        }
        Action::Update { user, username, fields, remove_groups, dry_run } => {
            let target = lookup::user(context, user).await?.user.id;
            let mut update = fields.apply(context, UserUpdate::patch()).await?;
            if let Some(username) = username {
                update = update.username(username.as_str());
            }
            for group in lookup::groups(context, remove_groups).await? {
                update = update.leave_group(group);
            }
            let call = context.service.update_user(&context.actor, target, update);
            let written = if *dry_run { call.dry_run().await? } else { call.await? };
            report("updated", &written, json)
        }
        Action::Deactivate { user } => {
            let target = lookup::user(context, user).await?.user.id;
            let update = UserUpdate::patch().is_active(false);
            report("deactivated", &context.service.update_user(&context.actor, target, update).await?, json)
        }
        Action::Delete { user } => {
            let target = lookup::user(context, user).await?.user.id;
            report("deleted", &context.service.delete_user(&context.actor, target).await?, json)
        }
    }
}

async fn list(
    context: &Context,
    search: &[String],
    group: Option<&str>,
    superusers: bool,
    json: bool,
) -> Result<(), Failure> {
    let mut filter = UserFilter { search: search.to_vec(), ..UserFilter::default() };
    if let Some(group) = group {
        filter.groups.insert(lookup::group(context, group).await?.id);
    }
    if superusers {
        filter.is_superuser = Some(SuperuserFilter { is_superuser: true, inherited: true });
    }
    let mut views: Vec<UserView> = Vec::new();
    loop {
        let order = vec![Order { column: UserColumn::Id, descending: false }];
        let listing = Listing { filter: filter.clone(), order, offset: views.len() as u64, limit: PAGE };
        let page = context.service.list_users(&context.actor, listing).await?.users;
        if page.is_empty() {
            break;
        }
        views.extend(page);
    }
    if json {
        let users: Vec<_> = views.iter().map(out).collect();
        return print::json(&users);
    }
    let rows: Vec<_> = views.iter().map(row).collect();
    print::table(["id", "username", "name", "email", "type", "active", "superuser"], &rows)
}

fn out(view: &UserView) -> UserOut<'_> {
    UserOut::new(&view.user, Some(view.is_superuser))
}

fn row(view: &UserView) -> [String; 7] {
    let user = &view.user;
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    [
        user.id.to_string(),
        user.username.clone(),
        user.name.clone(),
        user.email.clone(),
        user.user_type.to_string(),
        yes(user.is_active),
        yes(view.is_superuser),
    ]
}

fn show(view: &UserView, json: bool) -> Result<(), Failure> {
    if json {
        return print::json(&out(view));
    }
    let user = &view.user;
    let groups: Vec<&str> = view.groups.iter().map(|view| view.group.name.as_str()).collect();
    let [id, username, name, email, user_type, active, superuser] = row(view);
    let fields = [
        ("id", id),
        ("uuid", user.uuid.to_string()),
        ("username", username),
        ("name", name),
        ("email", email),
        ("type", user_type),
        ("path", user.path.clone()),
        ("active", active),
        ("superuser", superuser),
        ("groups", groups.join(", ")),
        ("last login", user.last_login.map(userbook::model::timestamp_text).unwrap_or_default()),
        ("attributes", serde_json::to_string(&user.attributes)?),
    ];
    for (name, value) in fields {
        print::line(format!("{:<12}{value}", format!("{name}:")).trim_end())?;
    }
    Ok(())
}

fn report(what: &str, written: &Updated, json: bool) -> Result<(), Failure> {
    if json {
        return print::json(&json!({
            "outcome": outcome(what, written.outcome), "user": out(&written.view), "diff": written.diff,
        }));
    }
    print::line(&format!("{}: {}", lookup::shown(&written.view.user), outcome(what, written.outcome)))
}

/// Returns what happened, in one or two words.
pub(super) fn outcome(what: &str, outcome: Outcome) -> String {
    match outcome {
        Outcome::Applied(_) => what.to_owned(),
        Outcome::Unchanged => "unchanged".to_owned(),
        Outcome::DryRun => format!("would be {what}"),
    }
}
