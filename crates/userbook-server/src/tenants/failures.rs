//! The failed deliveries of all tenants between their visits.

use std::collections::HashMap;

use userbook_tenants::TenantName;

use crate::events::Failures;

/// The maximum number of events that are remembered, about 100 bytes each. Those of further tenants are counted anew at
/// each visit.
const EVENTS: usize = 100_000;

/// Failed deliveries by tenant and destination.
#[derive(Debug, Default)]
pub(super) struct TenantFailures {
    by_tenant: HashMap<TenantName, HashMap<String, Failures>>,
    /// The number of all events.
    events: usize,
}

impl TenantFailures {
    /// Takes what is remembered of a tenant.
    pub(super) fn take(&mut self, name: &TenantName) -> HashMap<String, Failures> {
        let failures = self.by_tenant.remove(name).unwrap_or_default();
        self.events -= count(&failures);
        failures
    }

    /// Remembers the failures of a tenant in place of earlier ones, as far as there is room.
    pub(super) fn keep(&mut self, name: &TenantName, failures: HashMap<String, Failures>) {
        self.take(name);
        let events = count(&failures);
        if events > 0 && self.events + events <= EVENTS {
            self.events += events;
            self.by_tenant.insert(name.clone(), failures);
        }
    }

    /// Forgets the tenants for which the condition does not hold.
    pub(super) fn retain(&mut self, exists: impl Fn(&TenantName) -> bool) {
        self.by_tenant.retain(|name, _| exists(name));
        self.events = self.by_tenant.values().map(count).sum();
    }
}

fn count(failures: &HashMap<String, Failures>) -> usize {
    failures.values().map(Failures::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(events: usize) -> HashMap<String, Failures> {
        HashMap::from([("hook".to_owned(), Failures::of(0..i64::try_from(events).unwrap()))])
    }

    #[test]
    fn events_of_all_tenants_are_bounded() {
        let name = |text: &str| text.parse::<TenantName>().unwrap();
        let mut all = TenantFailures::default();
        all.keep(&name("a"), failures(EVENTS - 10));
        all.keep(&name("b"), failures(11));
        assert_eq!((all.events, count(&all.take(&name("b")))), (EVENTS - 10, 0));
        all.keep(&name("b"), failures(10));
        assert_eq!(all.events, EVENTS);
        // Later failures replace earlier ones.
        all.keep(&name("a"), failures(5));
        assert_eq!(all.events, 15);
        all.keep(&name("b"), HashMap::new());
        assert_eq!((all.events, all.by_tenant.len()), (5, 1));
        all.keep(&name("c"), failures(7));
        all.retain(|tenant| *tenant == name("c"));
        assert_eq!((all.events, count(&all.take(&name("c")))), (7, 7));
        assert_eq!((all.events, all.by_tenant.len()), (0, 0));
    }
}
