//! Two nodes of a Galera cluster, which comes with Debian's MariaDB.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use sqlx::{Connection, MySqlConnection, mysql::MySqlConnectOptions};
use userbook_sqlx::{MySqlStore, mysql::pool_options};

use super::server::{Server, account, at, free_port, make_data, start_node, wait_for};
use crate::servers::supervisor::Supervised;

const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";

/// How long the second node may take to get a copy of everything.
const PATIENCE: Duration = Duration::from_mins(2);

/// The two nodes of this process.
struct Cluster {
    nodes: [MySqlConnectOptions; 2],
    /// Keep them running.
    _processes: [Supervised; 2],
}

/// Stores in a new, empty database, one on each node.
pub async fn stores() -> [Arc<MySqlStore>; 2] {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(start);
    let [first, second] = &cluster.nodes;
    wait_until_joined(second).await;
    let name = format!("userbook_test_{:016x}", RandomState::new().build_hasher().finish());
    Server::administer(first, format!("CREATE DATABASE {name}")).await;
    // The other node gets it in its time.
    Server::administer(second, "SET SESSION wsrep_sync_wait = 15; SHOW DATABASES".to_owned()).await;
    [open(first, &name).await, open(second, &name).await]
}

async fn open(node: &MySqlConnectOptions, database: &str) -> Arc<MySqlStore> {
    let pool = pool_options().max_connections(4).connect_with(node.clone().database(database)).await;
    Arc::new(MySqlStore::new(pool.expect("the new database can be opened")))
}

fn start() -> Cluster {
    let account = account();
    let folders = [1, 2].map(|n| account.folder(&format!("userbook-galera-{n}-")));
    let (ports, peers) = ([free_port(), free_port()], [free_port(), free_port()]);
    for folder in &folders {
        make_data(account, folder);
    }
    let [first, second] = &folders;
    let node = |folder: &Path, n: usize, address: &str| {
        start_node(account, folder, ports[n], &settings(peers[n], address))
    };
    let one = node(first, 0, "gcomm://");
    wait_for(ports[0], &one);
    let two = node(second, 1, &format!("gcomm://127.0.0.1:{}", peers[0]));
    wait_for(ports[1], &two);
    Cluster { nodes: ports.map(at), _processes: [one, two] }
}

/// What makes a server a node that listens to its peers on this port.
fn settings(port: u16, address: &str) -> Vec<String> {
    let transfer = free_port();
    let mut settings = vec![
        "--wsrep-on=ON".to_owned(),
        format!("--wsrep-provider={PROVIDER}"),
        "--wsrep-cluster-name=userbook".to_owned(),
        format!("--wsrep-cluster-address={address}"),
        "--wsrep-node-address=127.0.0.1".to_owned(),
        "--wsrep-sst-method=rsync".to_owned(),
        format!("--wsrep-sst-receive-address=127.0.0.1:{}", free_port()),
        format!(
            "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{port};\
             ist.recv_addr=127.0.0.1:{transfer};gcache.size=32M"
        ),
        "--binlog-format=ROW".to_owned(),
        "--innodb-autoinc-lock-mode=2".to_owned(),
    ];
    if address == "gcomm://" {
        settings.push("--wsrep-new-cluster".to_owned());
    }
    settings
}

/// A node greets before it is ready.
async fn wait_until_joined(node: &MySqlConnectOptions) {
    let started = Instant::now();
    while !is_ready(node).await.is_ok_and(|ready| ready) {
        assert!(started.elapsed() < PATIENCE, "the second node does not join");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn is_ready(node: &MySqlConnectOptions) -> sqlx::Result<bool> {
    let sql = "SELECT variable_value = 'ON' FROM information_schema.global_status WHERE variable_name = 'wsrep_ready'";
    let mut connection = MySqlConnection::connect_with(node).await?;
    let ready = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(ready)
}
