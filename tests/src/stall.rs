//! A proxy between server and database that can stop forwarding while connections stay open.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
};

/// A proxy that can stop forwarding.
#[derive(Debug)]
pub struct Stall {
    /// The address for clients.
    pub address: SocketAddr,
    silent: Arc<(Mutex<bool>, Condvar)>,
}

impl Stall {
    /// Starts a proxy in front of this server.
    pub fn before(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let silent = Arc::new((Mutex::new(false), Condvar::new()));
        let (host, shared) = (host.to_owned(), Arc::clone(&silent));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect((host.as_str(), port))) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone(), to.try_clone());
                    let shared = Arc::clone(&shared);
                    std::thread::spawn(move || pass(from.expect("is open"), to.expect("is open"), &shared));
                }
            }
        });
        Self { address, silent }
    }

    /// Stops or resumes forwarding.
    pub fn silence(&self, silent: bool) {
        *self.silent.0.lock().expect("the lock is not poisoned") = silent;
        self.silent.1.notify_all();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, silent: &(Mutex<bool>, Condvar)) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let kept = silent.0.lock().expect("the lock is not poisoned");
        drop(silent.1.wait_while(kept, |silent| *silent).expect("the lock is not poisoned"));
        if to.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
            break;
        }
    }
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}
