//! Database servers for tests: started from the distribution's packages, thrown away afterwards.
//!
//! One server for each test process, on the loopback interface and a port of its own. It ends with the process,
//! however that ends.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::{Ipv4Addr, TcpListener},
};

pub mod mariadb;
mod package;
pub mod postgres;
pub mod relay;
mod supervisor;

/// A port that was free a moment ago, and not one of those that the system gives to outgoing connections (from
/// 32768 on): one of them would take the place of a server that is being started again.
pub fn free_port() -> u16 {
    let draws = || 10_000 + u16::try_from(RandomState::new().build_hasher().finish() % 20_000).unwrap_or(0);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(draws).take(1000).find(is_free).expect("there is a free port")
}

/// Runs something to its end on a runtime of its own, also inside another.
pub(crate) fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(future)
        };
        scope.spawn(work).join().expect("what it waits for ends well")
    })
}
