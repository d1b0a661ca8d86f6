//! Database servers for tests: started from the distribution's packages, thrown away afterwards.
//!
//! One server for each test process, on the loopback interface and a port of its own. It ends with the process,
//! however that ends.

pub mod mariadb;
mod package;
pub mod postgres;
pub mod relay;
mod supervisor;

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|listener| listener.local_addr()).expect("there is a free port").port()
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
