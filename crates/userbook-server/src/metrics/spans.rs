//! Counts operations, attempts and commits from the spans of the core, whose names and fields are stable
//! ([`userbook::docs::observability`]).

use std::{borrow::Cow, fmt};

use tracing::{
    Id, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, filter_fn},
    layer::Context,
    registry::LookupSpan,
};

use super::Metrics;

/// The target of the core's spans, the prefix of its operations, and the step that is counted.
const TARGET: &str = "userbook";
const PREFIX: &str = "userbook.";
const COMMIT: &str = "commit";

/// Counts the spans of the core.
#[derive(Debug)]
pub(crate) struct SpanCounter(Metrics);

impl SpanCounter {
    /// Returns a layer that sees the spans that it counts, whatever the filter of the log is.
    pub(crate) fn layer<S>(metrics: Metrics) -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let counted = filter_fn(is_counted).and(LevelFilter::DEBUG);
        Self(metrics).with_filter(counted)
    }
}

fn is_counted(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && metadata.target() == TARGET
        && (metadata.name() == COMMIT || metadata.name().starts_with(PREFIX))
}

/// The fields of one span.
#[derive(Debug, Default)]
struct Fields {
    outcome: Option<String>,
    error: Option<String>,
    attempts: Option<u64>,
}

impl Visit for Fields {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "attempts" {
            self.attempts = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "outcome" => self.outcome = Some(value.to_owned()),
            "error" => self.error = Some(value.to_owned()),
            _ => {}
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanCounter {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(fields) = span.extensions_mut().remove::<Fields>() else { return };
        match span.name().strip_prefix(PREFIX) {
            Some(operation) => self.0.operation(operation, fields),
            None => self.0.commit(fields),
        }
    }
}

impl Metrics {
    fn operation(&self, operation: &'static str, fields: Fields) {
        let labels = [("operation", Cow::Borrowed(operation))];
        if let Some(attempts) = fields.attempts {
            self.0.series.attempts.get_or_create(&labels).inc_by(attempts);
        }
        let [operation] = labels;
        let outcome = ("outcome", outcome(fields.outcome));
        let error = ("error", fields.error.map_or(Cow::Borrowed(""), Cow::Owned));
        self.0.series.operations.get_or_create(&[operation, outcome, error]).inc();
    }

    fn commit(&self, fields: Fields) {
        let outcome = match fields.error.as_deref() {
            Some("store_ambiguous") => Cow::Borrowed("in_doubt"),
            _ => outcome(fields.outcome),
        };
        self.0.series.commits.get_or_create(&[("outcome", outcome)]).inc();
    }
}

/// A span without an outcome belongs to a future that was dropped.
fn outcome(recorded: Option<String>) -> Cow<'static, str> {
    recorded.map_or(Cow::Borrowed("dropped"), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;
    use userbook::{
        Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserRef, UserService, UserUpdate,
    };
    use userbook_memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn operations_of_the_service_are_counted() {
        let metrics = Metrics::new();
        let subscriber = tracing_subscriber::registry().with(SpanCounter::layer(metrics.clone()));
        let _guard = tracing::subscriber::set_default(subscriber);
        let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
        let service = UserService::new(MemoryStore::new(), authorizer);
        let inserted = service.insert_user(&Actor::system(), NewUser::new("ada", "Ada")).await.unwrap();
        let id = UserRef::from(inserted.view.user.id);
        let update = UserUpdate::patch().name("Ada L.");
        service.update_user(&Actor::system(), id, update.clone()).await.unwrap();
        service.update_user(&Actor::anonymous(), id, update).await.unwrap_err();
        let page = metrics.encode().unwrap();
        for line in [
            "userbook_operations_total{operation=\"update\",outcome=\"applied\",error=\"\"} 1",
            "userbook_operations_total{operation=\"update\",outcome=\"refused\",error=\"forbidden\"} 1",
            "userbook_attempts_total{operation=\"update\"} 2",
            "userbook_commits_total{outcome=\"applied\"} 2",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }

    #[test]
    fn commits_without_an_answer_are_in_doubt() {
        let metrics = Metrics::new();
        let subscriber = tracing_subscriber::registry().with(SpanCounter::layer(metrics.clone()));
        tracing::subscriber::with_default(subscriber, || {
            for error in ["store_ambiguous", "store_transient"] {
                tracing::debug_span!(target: "userbook", "commit", outcome = "failed", error);
            }
            tracing::debug_span!(target: "userbook", "load", outcome = "done");
        });
        let page = metrics.encode().unwrap();
        assert!(page.contains("userbook_commits_total{outcome=\"in_doubt\"} 1"), "{page}");
        assert!(page.contains("userbook_commits_total{outcome=\"failed\"} 1"), "{page}");
        assert!(!page.contains("\"done\""), "{page}");
    }
}
