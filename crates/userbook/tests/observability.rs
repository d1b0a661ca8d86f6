//! Spans: their names, order and fields, and the absence of request data.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

use std::{
    fmt::{Debug, Write},
    future::Future,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};
use userbook::{
    Actor, Authorizer, NewUser, Outcome, PermissionAuthorizer, StaticPermissions, User, UserId, UserService,
    UserUpdate,
    authz::{AuthorizerError, Check, Resource, Verdicts},
    model::GroupGraph,
};
use userbook_memory::MemoryStore;

/// A span as it ended.
#[derive(Debug, Clone)]
struct Seen {
    name: &'static str,
    target: String,
    parent: Option<&'static str>,
    fields: String,
}

#[derive(Debug, Clone, Default)]
struct Capture(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    spans: Vec<(u64, Seen)>,
    events: Vec<String>,
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?};", field.name()).unwrap();
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = String::new();
        attributes.record(&mut Text(&mut fields));
        let parent = context.span(id).unwrap().parent().map(|parent| parent.name());
        let metadata = attributes.metadata();
        let seen = Seen { name: metadata.name(), target: metadata.target().to_owned(), parent, fields };
        self.0.lock().unwrap().spans.push((id.into_u64(), seen));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut kept = self.0.lock().unwrap();
        // Span ids are reused: the last span with this id.
        let (_, seen) = kept.spans.iter_mut().rev().find(|(known, _)| *known == id.into_u64()).unwrap();
        values.record(&mut Text(&mut seen.fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = event.metadata().target().to_owned();
        event.record(&mut Text(&mut text));
        self.0.lock().unwrap().events.push(text);
    }
}

/// Returns the spans and events of `work`, down to this level.
fn watch<T>(level: Level, work: impl Future<Output = T>) -> (T, Vec<Seen>, Vec<String>) {
    let capture = Capture::default();
    let layer = capture.clone().with_filter(LevelFilter::from_level(level));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    let answer = tracing::subscriber::with_default(subscriber, || runtime.block_on(work));
    let kept = capture.0.lock().unwrap();
    (answer, kept.spans.iter().map(|(_, seen)| seen.clone()).collect(), kept.events.clone())
}

type Service = UserService<MemoryStore, PermissionAuthorizer<StaticPermissions>>;

async fn service() -> (Service, UserId) {
    let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
    let ada = NewUser::new("stored-name", "Stored Name").with(|user| user.email("stored@example.com"));
    let id = service.insert_user(&Actor::system(), ada).await.unwrap().view.user.id;
    (service, id)
}

fn names(spans: &[Seen]) -> Vec<(&str, Option<&str>)> {
    spans.iter().map(|seen| (seen.name, seen.parent)).collect()
}

fn update() -> UserUpdate {
    UserUpdate::patch().username("sent-name").name("Sent Name").email("sent@example.com").path("sent/path")
}

#[test]
fn update_is_traced_in_steps_without_values() {
    let (updated, spans, events) = watch(Level::DEBUG, async {
        let (service, id) = service().await;
        service.update_user(&Actor::system(), id, update()).request_id("sent-request").await.unwrap()
    });
    let start = spans.iter().position(|seen| seen.name == "userbook.update").unwrap();
    let spans = &spans[start..];
    let inside = Some("userbook.update");
    let steps = ["load", "authorize", "load", "authorize", "decide", "commit"].map(|step| (step, inside));
    assert_eq!(names(spans), [&[("userbook.update", None)][..], &steps].concat());
    assert!(spans.iter().all(|seen| seen.target == "userbook"));
    let Outcome::Applied(change) = updated.outcome else { panic!("{updated:?}") };
    assert_eq!(spans[0].fields, format!("change={};dry_run=false;attempts=1;outcome=\"applied\";", change.0));
    let outcomes: Vec<&str> = spans[1..].iter().map(|seen| seen.fields.as_str()).collect();
    let expected = ["done", "done", "done", "done", "commit", "applied"]
        .map(|outcome| format!("outcome=\"{outcome}\";"));
    assert_eq!(outcomes, expected);
    assert!(events.is_empty(), "{events:?}");
    let all = format!("{spans:?}").to_lowercase();
    for value in ["stored", "sent", "example.com"] {
        assert!(!all.contains(value), "{value} in {all}");
    }
}

#[test]
fn rejections_and_dry_runs_are_traced_by_kind() {
    let cases: [(UserUpdate, Actor, bool, &str, usize); 4] = [
        (UserUpdate::patch().email("sent"), Actor::system(), false, "refused\";error=\"invalid", 4),
        (update(), Actor::anonymous(), false, "refused\";error=\"forbidden", 1),
        (update(), Actor::system(), true, "dry_run", 6),
        (UserUpdate::patch().name("Stored Name"), Actor::system(), false, "unchanged", 4),
    ];
    for (update, actor, dry_run, expected, count) in cases {
        let (_, spans, _) = watch(Level::DEBUG, async {
            let (service, id) = service().await;
            let call = service.update_user(&actor, id, update);
            if dry_run { call.dry_run().await } else { call.await }
        });
        let start = spans.iter().position(|seen| seen.name == "userbook.update").unwrap();
        assert!(spans[start].fields.ends_with(&format!("outcome=\"{expected}\";")), "{:?}", spans[start]);
        assert_eq!(spans.len() - start, count, "{:?}", names(&spans[start..]));
        assert!(!format!("{spans:?}").to_lowercase().contains("sent"));
    }
}

#[test]
fn other_operations_have_their_own_names() {
    let ((), spans, _) = watch(Level::DEBUG, async {
        let (service, id) = service().await;
        let system = Actor::system();
        service.retrieve(&system, id).await.unwrap();
        service.retrieve(&system, UserId(99)).await.unwrap_err();
        service.delete_user(&system, id).await.unwrap();
    });
    let operations: Vec<(&str, &str)> = spans
        .iter()
        .filter(|seen| seen.parent.is_none())
        .map(|seen| (seen.name, seen.fields.split_once("outcome=").unwrap().1))
        .collect();
    assert_eq!(
        operations,
        [
            ("userbook.insert_user", "\"applied\";"),
            ("userbook.retrieve", "\"done\";"),
            ("userbook.retrieve", "\"refused\";error=\"not_found\";"),
            ("userbook.delete_user", "\"applied\";"),
        ]
    );
}

#[test]
fn identifiers_are_traced_at_trace_level_only() {
    for (level, expected) in [(Level::DEBUG, 0), (Level::TRACE, 1)] {
        let (id, _, events) = watch(level, async {
            let (service, id) = service().await;
            service.update_user(&Actor::user(id), id, update()).await.unwrap_err();
            id
        });
        let expected_text = format!("actor={id};target={id};");
        assert_eq!(
            events.iter().filter(|event| event.contains(&expected_text)).count(),
            expected,
            "{events:?}"
        );
    }
}

/// Never returns.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl Authorizer for Silent {
    async fn authorize(&self, _: &Actor, _: Resource<'_>, _: &[Check]) -> Result<Verdicts, AuthorizerError> {
        std::future::pending().await
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        std::future::pending().await
    }
}

#[test]
fn dropped_update_has_no_outcome_and_steps_have_debug_level() {
    let ((), spans, _) = watch(Level::INFO, async {
        let (service, id) = service().await;
        let service = UserService::new(service.store().clone(), Silent);
        let actor = Actor::system();
        let mut call = service.update_user(&actor, id, update()).into_future();
        std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    });
    assert_eq!(names(&spans), [("userbook.insert_user", None), ("userbook.update", None)]);
    assert!(spans[1].fields.ends_with("attempts=1;"), "{:?}", spans[1]);
}
