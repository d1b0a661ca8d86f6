//! Many clients at once.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::client::{Kind, Sending, Tags};
use crate::history::Operation;

/// The number of responses for each status.
pub(super) type Statuses = BTreeMap<u16, usize>;

/// The current address of each server.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses(Arc<Mutex<Vec<Option<SocketAddr>>>>);

impl Addresses {
    pub(super) fn set(&self, server: usize, address: Option<SocketAddr>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = known.len().max(server + 1);
        known.resize(size, None);
        if let Some(place) = known.get_mut(server) {
            *place = address;
        }
    }

    /// Returns the server of a client.
    pub(super) fn of(&self, client: usize) -> Option<SocketAddr> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(client % known.len().max(1)).copied().flatten()
    }
}

/// Running clients.
#[derive(Debug)]
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<(Vec<Operation>, Statuses)>>,
}

impl Load {
    /// Starts this many clients, each with sequential requests; request ids start with `name`.
    pub(super) fn start(
        count: usize,
        name: &str,
        clock: Instant,
        addresses: &Addresses,
        tags: &Tags,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |client: usize| {
            let (stop, addresses, tags) = (Arc::clone(&stop), addresses.clone(), Arc::clone(tags));
            let name = format!("{name}.{client}");
            std::thread::spawn(move || {
                let (mut operations, mut statuses) = (Vec::new(), Statuses::new());
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let kind = Kind::ALL[fastrand::usize(..Kind::ALL.len())];
                    let sending = Sending::draw(kind, format!("{name}.{n}"), &tags);
                    let sent = addresses.of(client).and_then(|at| sending.send(at, clock, &tags));
                    let status = sent.as_ref().and_then(|(_, status)| *status);
                    if let Some(status) = status {
                        *statuses.entry(status).or_default() += 1;
                    }
                    operations.extend(sent.map(|(operation, _)| operation));
                    if status.is_none_or(|status| status >= 500) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                (operations, statuses)
            })
        };
        let clients = (0..count).map(client).collect();
        Self { stop, clients }
    }

    /// Lets running requests finish.
    pub(super) fn stop(self) -> (Vec<Operation>, Statuses) {
        self.stop.store(true, Ordering::SeqCst);
        let (mut operations, mut statuses) = (Vec::new(), Statuses::new());
        for client in self.clients {
            let (theirs, counts) = client.join().expect("a client ends well");
            operations.extend(theirs);
            for (status, count) in counts {
                *statuses.entry(status).or_default() += count;
            }
        }
        (operations, statuses)
    }
}
