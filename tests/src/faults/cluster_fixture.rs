//! Servers on one database with clients, and a check after every round.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use userbook::{User, event::Event};

use super::{
    Outcome,
    client::{Kind, Sending, Tags},
    database_state::{self, DatabaseState},
    directory::{seed, superuser_groups},
    load::{Addresses, Load},
};
use crate::{
    binary::Server,
    history::{Answer, History, Operation, check},
};

/// The number of concurrent clients.
const CLIENTS: usize = 6;

/// How long a server may take to serve again; a longer time fails the scenario.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The servers, clients and database of one scenario.
pub(super) struct ClusterFixture {
    pub(super) runtime: Runtime,
    pub(super) folder: TempDir,
    pub(super) outcome: Outcome,
    /// The database URL of each server.
    urls: Vec<String>,
    servers: Vec<Option<Server>>,
    addresses: Addresses,
    kept: Box<dyn DatabaseState>,
    before: Vec<User>,
    /// Requests of earlier rounds that may still be applied.
    doubts: Vec<Operation>,
    /// Operations that wait for the next check.
    operations: Vec<Operation>,
    events_are_in_order: bool,
    tags: Tags,
    clock: Instant,
    rounds: usize,
}

impl ClusterFixture {
    /// Starts one server for each URL of one empty database. `kept` reads that database.
    pub(super) fn new(
        runtime: Runtime,
        urls: Vec<String>,
        kept_url: &str,
        events_are_in_order: bool,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self::in_folder(runtime, folder, urls, kept_url, events_are_in_order)
    }

    pub(super) fn in_folder(
        runtime: Runtime,
        folder: TempDir,
        urls: Vec<String>,
        kept_url: &str,
        events_are_in_order: bool,
    ) -> Self {
        let path = folder.path().join("seed.json");
        std::fs::write(&path, seed().to_string()).expect("the folder can be written");
        let kept = runtime.block_on(async { database_state::open(kept_url) });
        let mut fixture = Self {
            runtime,
            folder,
            outcome: Outcome::default(),
            servers: urls.iter().map(|_| None).collect(),
            urls,
            addresses: Addresses::default(),
            kept,
            before: Vec::new(),
            doubts: Vec::new(),
            operations: Vec::new(),
            events_are_in_order,
            tags: Arc::new(Mutex::default()),
            clock: Instant::now(),
            rounds: 0,
        };
        for server in 0..fixture.servers.len() {
            fixture.start_server(server);
        }
        (fixture.before, _) = fixture.read();
        assert_eq!(fixture.before.len(), super::directory::users().len(), "the seed is there");
        fixture
    }

    /// Starts a stopped server.
    pub(super) fn start_server(&mut self, n: usize) {
        self.start_server_with(n, &[]);
    }

    pub(super) fn start_server_with(&mut self, n: usize, more: &[&str]) {
        let seed = self.folder.path().join("seed.json").display().to_string();
        let url = self.urls.get(n).expect("there is such a server");
        // The seed applies to an empty database only.
        let mut arguments = vec!["--database", url];
        if n == 0 && self.before.is_empty() {
            arguments.extend(["--seed", &seed]);
        }
        arguments.extend(more);
        let server = Server::start(&arguments);
        self.addresses.set(n, Some(server.address));
        *self.servers.get_mut(n).expect("the server exists") = Some(server);
    }

    /// Directs the clients to a server that is not managed here.
    pub(super) fn talk_to(&self, address: std::net::SocketAddr) {
        self.addresses.set(0, Some(address));
    }

    /// Takes a server out of the fixture.
    pub(super) fn take_server(&mut self, n: usize) -> Server {
        self.addresses.set(n, None);
        self.servers.get_mut(n).and_then(Option::take).expect("it runs")
    }

    pub(super) fn kill_server(&mut self, n: usize) {
        self.take_server(n).kill();
    }

    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.addresses.of(0).expect("it runs")
    }

    /// Runs clients while `act` causes the fault, then checks everything.
    pub(super) fn round(&mut self, act: impl FnOnce(&mut Self)) {
        self.round_of(CLIENTS, act);
    }

    pub(super) fn round_of(&mut self, clients: usize, act: impl FnOnce(&mut Self)) {
        self.rounds += 1;
        let name = format!("{}", self.rounds);
        let load = Load::start(clients, &name, self.clock, &self.addresses, &self.tags);
        act(self);
        let (operations, statuses) = load.stop();
        self.operations.extend(operations);
        for (status, count) in statuses {
            *self.outcome.statuses.entry(status).or_default() += count;
        }
        self.check();
    }

    /// Sends a single request of this kind; `None` if no server listens.
    pub(super) fn send(&mut self, kind: Kind, server: usize) -> Option<Answer> {
        let sending = self.draw(kind);
        let (operation, status) = sending.send(self.addresses.of(server)?, self.clock, &self.tags)?;
        if let Some(status) = status {
            *self.outcome.statuses.entry(status).or_default() += 1;
        }
        let answer = operation.answer.clone();
        self.operations.push(operation);
        Some(answer)
    }

    /// Sends a part (in thousandths) of a single request.
    pub(super) fn send_part(&mut self, kind: Kind, part: usize) {
        let sending = self.draw(kind);
        self.operations.extend(sending.send_part(self.address(), self.clock, part));
    }

    fn draw(&mut self, kind: Kind) -> Sending {
        self.rounds += 1;
        Sending::draw(kind, format!("{}", self.rounds), &self.tags)
    }

    /// Waits until a server acknowledges an update.
    pub(super) fn wait_until_serving(&mut self, server: usize) {
        self.serves(server, PATIENCE)
            .unwrap_or_else(|answer| panic!("server {server} does not recover: {answer:?}"));
    }

    /// Waits for an acknowledged update; the error is the last response.
    pub(super) fn serves(&mut self, server: usize, patience: Duration) -> Result<(), Option<Answer>> {
        let started = Instant::now();
        loop {
            match self.send(Kind::Overwrite, server) {
                Some(Answer::Acknowledged { .. }) => break,
                answer if started.elapsed() > patience => return Err(answer),
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.outcome.longest_recovery_ms = self.outcome.longest_recovery_ms.max(took);
        Ok(())
    }

    fn read(&self) -> (Vec<User>, Vec<Event>) {
        self.runtime.block_on(database_state::read(&*self.kept))
    }

    /// Reads the stored state and checks it against the responses since the previous check.
    pub(super) fn check(&mut self) {
        let (after, events) = self.read();
        let mut operations = std::mem::take(&mut self.operations);
        // Operations of earlier rounds count only if they were applied since.
        let change_committed = |operation: &Operation| {
            events.iter().any(|event| event.request_id.as_deref() == Some(&operation.request))
        };
        let in_doubt = |operation: &Operation| matches!(operation.answer, Answer::Doubt);
        let (late, mut still): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.doubts).into_iter().partition(change_committed);
        still.extend(operations.iter().filter(|it| in_doubt(it) && !change_committed(it)).cloned());
        operations.extend(late);
        self.doubts = still;
        let history = History {
            before: std::mem::replace(&mut self.before, after.clone()),
            operations,
            events,
            after,
            superuser_groups: superuser_groups(),
            events_are_in_order: self.events_are_in_order,
        };
        let report = check(&history);
        if !report.tally.is_clean() {
            eprintln!("round {}: {:#?}", self.rounds, report.findings);
        }
        self.outcome.report(report);
    }
}

/// Waits for a random time, so that the fault hits the load at varying moments.
pub(super) fn some_time(from_ms: u64, to_ms: u64) {
    std::thread::sleep(Duration::from_micros(fastrand::u64(from_ms * 1000..to_ms * 1000)));
}

/// Returns a runtime for futures.
pub(super) fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().expect("a runtime can be made")
}
