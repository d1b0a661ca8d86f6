//! Nodes of a Galera cluster from Debian's MariaDB packages.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use sqlx::{Connection, MySqlConnection, mysql::MySqlConnectOptions};
use userbook_sqlx::{MySqlStore, mysql::pool_options};

use super::{Instance, Server};
use crate::servers::free_port;

const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";

/// How long a node may take to receive a copy of all data.
const PATIENCE: Duration = Duration::from_mins(2);

/// A node: its server and its address for peers.
#[derive(Debug)]
struct Node {
    server: Instance,
    peers: u16,
    transfer: u16,
    copies: u16,
}

/// A cluster of this process.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    evictions: &'static str,
    more: Vec<String>,
}

impl Cluster {
    /// Starts this many nodes with these settings and waits until all have joined. Silent nodes are evicted quickly.
    pub async fn new(size: usize, more: &[&str]) -> Self {
        Self::evicting(QUICKLY, size, more).await
    }

    async fn evicting(evictions: &'static str, size: usize, more: &[&str]) -> Self {
        let node = || Node {
            server: Instance::prepared(),
            peers: free_port(),
            transfer: free_port(),
            copies: free_port(),
        };
        let nodes = (0..size).map(|_| node()).collect();
        let more = more.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { nodes, evictions, more };
        for n in 0..size {
            let mut settings = cluster.settings(n);
            if n == 0 {
                settings.push("--wsrep-new-cluster".to_owned());
            }
            cluster.node_mut(n).server.start(settings);
            cluster.wait_until_joined(n).await;
        }
        cluster
    }

    /// Returns connection options for a node's superuser.
    pub fn options(&self, n: usize) -> MySqlConnectOptions {
        self.node(n).server.options()
    }

    /// Returns the URL of a database on a node.
    pub fn url(&self, n: usize, database: &str) -> String {
        let server = &self.node(n).server;
        server.url(server.port(), database)
    }

    /// Kills a node (SIGKILL).
    pub fn kill(&mut self, n: usize) {
        self.node_mut(n).server.kill();
    }

    /// Freezes a node (SIGSTOP), so that its peers evict it.
    pub fn freeze(&mut self, n: usize) {
        self.node_mut(n).server.freeze();
    }

    /// Resumes a frozen node.
    pub fn thaw(&mut self, n: usize) {
        self.node_mut(n).server.thaw();
    }

    /// Isolates a running node from its peers, or reconnects it.
    pub async fn isolate(&self, n: usize, isolated: bool) {
        let value = i32::from(isolated);
        let sql = format!("SET GLOBAL wsrep_provider_options = 'gmcast.isolate={value}'");
        Server::administer(&self.options(n), sql).await;
    }

    /// Restarts a killed node. Recovers the node's position first, so that its peers send the missing changes instead
    /// of all data.
    pub async fn rejoin(&mut self, n: usize) {
        let settings = self.settings(n);
        let server = &mut self.node_mut(n).server;
        let report = server.run_once("--wsrep-recover");
        let position = report.rsplit_once("Recovered position: ").and_then(|(_, rest)| rest.lines().next());
        let position = position.unwrap_or_else(|| panic!("the node has no position: {report}"));
        let start = format!("--wsrep-start-position={}", position.trim());
        server.start(settings.into_iter().chain([start]).collect());
        self.wait_until_joined(n).await;
    }

    /// Waits until a node is part of the full cluster and accepts statements.
    pub async fn wait_until_joined(&self, n: usize) {
        let started = Instant::now();
        while !self.has_joined(n).await.is_ok_and(|joined| joined) {
            assert!(started.elapsed() < PATIENCE, "node {n} does not join: {}", self.node(n).server.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn has_joined(&self, n: usize) -> sqlx::Result<bool> {
        let sql = "SELECT variable_value FROM information_schema.global_status \
                   WHERE variable_name IN ('wsrep_ready', 'wsrep_local_state_comment') ORDER BY variable_value";
        let mut connection = MySqlConnection::connect_with(&self.options(n)).await?;
        let state: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(state == ["ON", "Synced"])
    }

    /// Returns the status variables of all nodes, for diagnosis.
    pub async fn report(&self) -> String {
        let mut report = String::new();
        for n in 0..self.nodes.len() {
            let state = tokio::time::timeout(Duration::from_secs(2), self.state(n)).await;
            let log = self.node(n).server.log();
            let tail: Vec<_> = log.lines().rev().take(25).collect();
            let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
            report.extend([format!("\nnode {n}: {state:?}\n"), tail]);
        }
        report
    }

    async fn state(&self, n: usize) -> sqlx::Result<Vec<(String, String)>> {
        let sql = "SELECT variable_name, variable_value FROM information_schema.global_status WHERE variable_name \
                   IN ('wsrep_cluster_status', 'wsrep_cluster_size', 'wsrep_local_state_comment', 'wsrep_ready', \
                   'wsrep_flow_control_paused', 'threads_connected')";
        let mut connection = MySqlConnection::connect_with(&self.options(n)).await?;
        let state = sqlx::query_as(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(state)
    }

    fn node(&self, n: usize) -> &Node {
        self.nodes.get(n).expect("the node exists")
    }

    fn node_mut(&mut self, n: usize) -> &mut Node {
        self.nodes.get_mut(n).expect("the node exists")
    }

    /// Returns the settings that make a server this node.
    fn settings(&self, n: usize) -> Vec<String> {
        let node = self.node(n);
        let peers: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.peers)).collect();
        let mut settings = vec![
            "--wsrep-on=ON".to_owned(),
            format!("--wsrep-provider={PROVIDER}"),
            "--wsrep-cluster-name=userbook".to_owned(),
            format!("--wsrep-cluster-address=gcomm://{}", peers.join(",")),
            "--wsrep-node-address=127.0.0.1".to_owned(),
            "--wsrep-sst-method=rsync".to_owned(),
            format!("--wsrep-sst-receive-address=127.0.0.1:{}", node.copies),
            format!(
                "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{};\
                 ist.recv_addr=127.0.0.1:{};gcache.size=32M;{}",
                node.peers, node.transfer, self.evictions
            ),
            "--binlog-format=ROW".to_owned(),
            "--innodb-autoinc-lock-mode=2".to_owned(),
        ];
        settings.extend(self.more.iter().cloned());
        settings
    }
}

/// Evicts silent peers after 3 seconds instead of 5. A shorter time evicts healthy nodes on a busy machine.
const QUICKLY: &str = "evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT3S;evs.inactive_timeout=PT6S;\
                       evs.install_timeout=PT6S";

/// Evicts only peers that are gone.
const SLOWLY: &str = "evs.suspect_timeout=PT30S;evs.inactive_timeout=PT60S;evs.install_timeout=PT60S";

/// Returns stores in a new, empty database of this process's two-node cluster, one store for each node.
pub async fn stores() -> [Arc<MySqlStore>; 2] {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        // Test data need not survive a crash.
        let careless = ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"];
        crate::servers::block_on(Cluster::evicting(SLOWLY, 2, &careless))
    });
    let [first, second] = [cluster.options(0), cluster.options(1)];
    let name = format!("userbook_test_{:016x}", RandomState::new().build_hasher().finish());
    Server::administer(&first, format!("CREATE DATABASE {name}")).await;
    // The other node receives the database asynchronously.
    Server::administer(&second, "SET SESSION wsrep_sync_wait = 15; SHOW DATABASES".to_owned()).await;
    [open(&first, &name).await, open(&second, &name).await]
}

async fn open(node: &MySqlConnectOptions, database: &str) -> Arc<MySqlStore> {
    let pool = pool_options().max_connections(4).connect_with(node.clone().database(database)).await;
    Arc::new(MySqlStore::new(pool.expect("the new database can be opened")))
}
