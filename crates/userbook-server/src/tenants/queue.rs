//! Which tenants are visited next.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;
use userbook_tenants::TenantName;

/// Tenants by the time of their next visit. Each tenant is contained once.
#[derive(Debug, Default)]
pub(super) struct Queue {
    by_time: BTreeSet<(Instant, TenantName)>,
    by_name: HashMap<TenantName, Instant>,
}

impl Queue {
    /// Plans a visit. An earlier one that is planned stays.
    pub(super) fn plan(&mut self, name: &TenantName, time: Instant) {
        match self.by_name.get(name) {
            Some(planned) if *planned <= time => return,
            Some(planned) => {
                self.by_time.remove(&(*planned, name.clone()));
            }
            None => {}
        }
        self.by_name.insert(name.clone(), time);
        self.by_time.insert((time, name.clone()));
    }

    /// The time of the next visit.
    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(time, _)| *time)
    }

    /// Takes a tenant whose time has come.
    pub(super) fn take(&mut self, now: Instant) -> Option<TenantName> {
        if self.next()? > now {
            return None;
        }
        let (_, name) = self.by_time.pop_first()?;
        self.by_name.remove(&name);
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tenants_are_visited_once_in_the_order_of_time() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let name = |text: &str| text.parse::<TenantName>().unwrap();
        let mut queue = Queue::default();
        for (tenant, time) in [("a", 30), ("b", 20), ("a", 10), ("b", 40), ("c", 50)] {
            queue.plan(&name(tenant), at(time));
        }
        assert_eq!(queue.next(), Some(at(10)));
        assert_eq!(queue.take(at(9)), None);
        assert_eq!(queue.take(at(45)), Some(name("a")));
        assert_eq!(queue.take(at(45)), Some(name("b")));
        assert_eq!(queue.take(at(45)), None);
        assert_eq!(queue.take(at(50)), Some(name("c")));
        assert_eq!(queue.next(), None);
    }
}
