//! Three nodes of a Galera cluster, each with its own server and clients. Nodes are killed, frozen and isolated.

use std::time::Duration;

use sqlx::{Connection, MySqlConnection};

use super::{
    Outcome,
    cluster_fixture::{ClusterFixture, PATIENCE, runtime, some_time},
    scenarios::Rounds,
};
use crate::servers::mariadb::{Server, cluster::Cluster};

const NODES: usize = 3;

/// Longer than the time after which peers evict a silent node.
const UNTIL_GIVEN_UP: Duration = Duration::from_millis(3500);

pub(super) fn mariadb(rounds: &Rounds) -> Outcome {
    let runtime = runtime();
    let mut cluster = runtime.block_on(Cluster::new(NODES, &[]));
    let create = "CREATE DATABASE users".to_owned();
    runtime.block_on(Server::administer(&cluster.options(0), create));
    let urls: Vec<String> = (0..NODES).map(|n| cluster.url(n, "users")).collect();
    let kept = cluster.url(0, "users");
    let mut fixture = ClusterFixture::new(runtime, urls, &kept, false);
    let mut counted = [0; NODES];
    for round in 0..rounds.node_losses {
        let node = round % NODES;
        fixture.round(|fixture| {
            some_time(50, 300);
            let count = fixture.runtime.block_on(conflicts(&cluster, node)).unwrap_or_default();
            // A node that was started again counts from the beginning.
            fixture.outcome.conflicts += count.checked_sub(counted[node]).unwrap_or(count);
            counted[node] = count;
            match (round / NODES) % 3 {
                0 => {
                    cluster.kill(node);
                    others_serve(fixture, (node + 1) % NODES);
                    some_time(50, 300);
                    fixture.runtime.block_on(cluster.rejoin(node));
                    fixture.outcome.fault("node killed");
                }
                1 => {
                    fixture.runtime.block_on(cluster.isolate(node, true));
                    std::thread::sleep(UNTIL_GIVEN_UP);
                    others_serve(fixture, (node + 1) % NODES);
                    fixture.runtime.block_on(cluster.isolate(node, false));
                    fixture.runtime.block_on(cluster.wait_until_joined(node));
                    fixture.outcome.fault("node cut off");
                }
                _ => {
                    cluster.freeze(node);
                    std::thread::sleep(UNTIL_GIVEN_UP);
                    others_serve(fixture, (node + 1) % NODES);
                    cluster.thaw(node);
                    fixture.runtime.block_on(cluster.wait_until_joined(node));
                    fixture.outcome.fault("node frozen");
                }
            }
            serves(fixture, &cluster, node);
        });
    }
    fixture.outcome
}

/// The others go on. Only if they lost each other, too, as they may on a machine that is too busy, they wait for
/// all to be back: a cluster without a majority writes nothing.
fn others_serve(fixture: &mut ClusterFixture, node: usize) {
    if fixture.serves(node, UNTIL_GIVEN_UP * 5).is_err() {
        fixture.outcome.fault("majority lost");
    }
}

/// A node that is back serves.
fn serves(fixture: &mut ClusterFixture, cluster: &Cluster, node: usize) {
    if let Err(answer) = fixture.serves(node, PATIENCE) {
        panic!("node {node} does not serve: {answer:?}; {}", fixture.runtime.block_on(cluster.report()));
    }
}

/// How many transactions of a node lost against those of others.
async fn conflicts(cluster: &Cluster, node: usize) -> sqlx::Result<u64> {
    let sql = "SELECT CAST(SUM(variable_value) AS UNSIGNED) FROM information_schema.global_status \
               WHERE variable_name IN ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')";
    let mut connection = MySqlConnection::connect_with(&cluster.options(node)).await?;
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(count)
}
