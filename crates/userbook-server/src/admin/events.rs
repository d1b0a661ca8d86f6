//! `events`: lists, deletes and sends again audit events.

use clap::{Args, Subcommand};
use serde_json::json;
use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
    event::{Event, EventActor, EventTarget},
    model::{ChangeId, timestamp_text},
};
use uuid::Uuid;

use super::{Failure, context::Context, lookup, print, token::time};
use crate::{
    events::{self, FailedEvent},
    maintenance::EventQuery,
};

/// `events …`
#[derive(Debug, Clone, Args)]
pub struct EventsArgs {
    /// Prints JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Lists events, newest first
    List {
        /// Only those of this user (username, number or UUID)
        #[arg(long)]
        user: Option<String>,
        /// Only those since this time, such as 2030-01-31T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
        /// Only those that are not delivered
        #[arg(long)]
        pending: bool,
        /// The maximum number
        #[arg(long, default_value = "100")]
        limit: u32,
    },
    /// Lists events that a destination did not accept, newest first
    Failed {
        /// The maximum number
        #[arg(long, default_value = "100")]
        limit: u32,
    },
    /// Sends events again that a destination did not accept; the server sends them, in any order, if its `--events`
    /// still names the destination
    Retry {
        /// Only this event
        #[arg(value_name = "ID", required_unless_present = "all")]
        event: Option<Uuid>,
        /// All events
        #[arg(long, conflicts_with = "event")]
        all: bool,
    },
    /// Deletes old events
    Prune {
        /// Keeps the events of this number of days
        #[arg(long, value_name = "DAYS", default_value = "30")]
        keep: u32,
        /// Deletes undelivered events, too
        #[arg(long)]
        undelivered: bool,
    },
}

pub(super) async fn run(context: &Context, arguments: &EventsArgs) -> Result<(), Failure> {
    let json = arguments.json;
    match &arguments.action {
        Action::List { user, since, pending, limit } => {
            let user = match user {
                None => None,
                Some(user) => Some(lookup::user(context, user).await?.user.id),
            };
            let query = EventQuery { user, since: *since, pending: *pending, limit: *limit };
            list(&context.database.events(query).await?, json)
        }
        Action::Failed { limit } => list_failed(&context.database.coordination.failed(*limit).await?, json),
        Action::Retry { event, .. } => retry(context, event.map(ChangeId), json).await,
        Action::Prune { keep, undelivered } => {
            let before = events::cutoff(SystemClock.now(), *keep);
            let (outbox, coordination) = (&context.database.outbox, &context.database.coordination);
            let deleted = events::prune(outbox, &**coordination, before, *undelivered).await?;
            if json {
                return print::json(&json!({"deleted": deleted}));
            }
            print::line(&format!("deleted events: {deleted}"))
        }
    }
}

async fn retry(context: &Context, event: Option<ChangeId>, json: bool) -> Result<(), Failure> {
    let marked = context.database.coordination.retry(event).await?;
    let total: u64 = marked.values().sum();
    if let (0, Some(event)) = (total, event) {
        return Err(format!(
            "no destination rejected event {event}, or the event is to be sent again already"
        )
        .into());
    }
    if json {
        return print::json(&json!({"retried": total, "destinations": marked}));
    }
    print::line(&format!("events to be sent again: {total}"))?;
    for (destination, events) in &marked {
        print::line(&format!("{destination}: {events}"))?;
    }
    Ok(())
}

fn list(events: &[(Event, bool)], json: bool) -> Result<(), Failure> {
    if json {
        let events: Vec<_> =
            events.iter().map(|(event, delivered)| json!({"event": event, "delivered": delivered})).collect();
        return print::json(&events);
    }
    let rows: Vec<_> = events.iter().map(|(event, delivered)| row(event, *delivered)).collect();
    print::table(["time", "kind", "target", "actor", "fields", "delivered"], &rows)
}

fn row(event: &Event, delivered: bool) -> [String; 6] {
    let target = match event.target {
        EventTarget::User(user) => format!("user {user}"),
        EventTarget::Group(group) => format!("group {group}"),
    };
    let actor = match &event.actor {
        EventActor::Anonymous => "anonymous".to_owned(),
        EventActor::User(user) => format!("user {user}"),
        EventActor::External(name) => name.clone(),
        EventActor::System => "system".to_owned(),
    };
    let kind = serde_json::to_value(event.kind).ok();
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let fields: Vec<&str> = event.diff.keys().map(AsRef::as_ref).collect();
    let delivered = if delivered { "yes" } else { "no" }.to_owned();
    [timestamp_text(event.time), kind, target, actor, fields.join(", "), delivered]
}

fn list_failed(events: &[FailedEvent], json: bool) -> Result<(), Failure> {
    if json {
        let events: Vec<_> = events
            .iter()
            .map(|failed| json!({"event": failed.event, "destination": failed.destination, "error": failed.error, "time": timestamp_text(failed.time)}))
            .collect();
        return print::json(&events);
    }
    let rows: Vec<_> = events
        .iter()
        .map(|failed| {
            [
                timestamp_text(failed.time),
                failed.event.id.to_string(),
                failed.destination.clone(),
                failed.error.clone(),
            ]
        })
        .collect();
    print::table(["set aside", "event", "destination", "error"], &rows)
}
