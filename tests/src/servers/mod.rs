//! Database servers for tests: started from the distribution's packages and discarded afterwards.
//!
//! Each test process has one server on its own loopback port. The server ends with the process, also after a crash.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::{Ipv4Addr, TcpListener},
};

pub mod certificates;
pub mod mariadb;
mod package;
pub mod postgres;
pub mod relay;
mod supervisor;

/// Returns a free port below 32768. The system uses higher ports for outgoing connections, which could occupy the port
/// of a server during its restart.
pub fn free_port() -> u16 {
    let draws = || 10_000 + u16::try_from(RandomState::new().build_hasher().finish() % 20_000).unwrap_or(0);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(draws).take(1000).find(is_free).expect("a port is free")
}

/// Runs a future to completion on a separate runtime, also inside another runtime.
pub(crate) fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(future)
        };
        scope.spawn(work).join().expect("the future does not panic")
    })
}
