//! A relay between a client and its server that reads the client's messages and drops or delays them. It runs on
//! threads, so that it also works while a test blocks.
//!
//! What it must not know: the meaning of a message. Its [`Wire`] knows the protocol.

use std::{
    collections::HashMap,
    fmt::Debug,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the message reaches the server.
    Question,
    /// After half of the message.
    Half,
    /// After the message, on both ends at once.
    Sent,
    /// After the server has executed the message; the answer is lost.
    Answer,
}

impl Cut {
    /// Every place.
    pub const ALL: [Self; 4] = [Self::Question, Self::Half, Self::Sent, Self::Answer];
}

/// How a protocol divides the client's bytes.
pub trait Wire: 'static {
    /// The recorded form of a message.
    type Message: Debug + Send;

    /// Reads one message with its frame; `first` marks the first message of a connection. Continuations are not
    /// recorded.
    ///
    /// # Errors
    /// Fails when the connection ends.
    fn read(client: &mut &TcpStream, first: bool) -> io::Result<(Option<Self::Message>, Vec<u8>)>;
}

/// Selects a message.
type Choice<M> = Box<dyn FnMut(&M) -> bool + Send>;

struct State<W: Wire> {
    server: Mutex<SocketAddr>,
    seen: Mutex<Vec<W::Message>>,
    cut: Mutex<Option<(Choice<W::Message>, Cut)>>,
    delay: Mutex<Duration>,
    /// Both ends of all open connections, by number.
    open: Mutex<HashMap<usize, [TcpStream; 2]>>,
}

/// The relay. It listens until the process ends.
pub struct Relay<W: Wire> {
    state: Arc<State<W>>,
    address: SocketAddr,
}

impl<W: Wire> Debug for Relay<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("address", &self.address).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Wire> Relay<W> {
    /// Listens on a new port and forwards everything to this server.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State::<W> {
            server: Mutex::new(server),
            seen: Mutex::default(),
            cut: Mutex::default(),
            delay: Mutex::default(),
            open: Mutex::default(),
        });
        let known = Arc::clone(&state);
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let state = Arc::clone(&known);
                // If the server is unreachable, the client's connection is closed.
                std::thread::spawn(move || drop(connect(&state, number, &client)));
            }
        });
        Self { state, address }
    }

    /// Returns the listening address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the connection that sends the first selected message, once.
    pub fn cut(&self, choice: impl FnMut(&W::Message) -> bool + Send + 'static, cut: Cut) {
        *lock(&self.state.cut) = Some((Box::new(choice), cut));
    }

    /// Cancels a pending cut; returns whether a cut was pending.
    pub fn is_still_to_cut(&self) -> bool {
        lock(&self.state.cut).take().is_some()
    }

    /// Cuts all connections.
    pub fn cut_all(&self) {
        for end in lock(&self.state.open).values().flatten() {
            // The connection may have ended already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Directs new connections to this server.
    pub fn redirect(&self, server: SocketAddr) {
        *lock(&self.state.server) = server;
    }

    /// Delays each message from now on.
    pub fn delay(&self, delay: Duration) {
        *lock(&self.state.delay) = delay;
    }

    /// Returns the messages since the last call.
    pub fn seen(&self) -> Vec<W::Message> {
        std::mem::take(&mut *lock(&self.state.seen))
    }
}

fn connect<W: Wire>(state: &State<W>, number: usize, client: &TcpStream) -> io::Result<()> {
    let at = *lock(&state.server);
    let server = TcpStream::connect(at)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    lock(&state.open).insert(number, [client.try_clone()?, server.try_clone()?]);
    let loses = Arc::new(AtomicBool::new(false));
    let back = (server.try_clone()?, client.try_clone()?, Arc::clone(&loses));
    std::thread::spawn(move || answers(back.0, back.1, &back.2));
    // Both ends of a cut connection report errors.
    let end = questions(state, client, &server, &loses);
    lock(&state.open).remove(&number);
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
    end
}

/// Forwards the client's messages one by one.
fn questions<W: Wire>(
    state: &State<W>,
    mut client: &TcpStream,
    mut server: &TcpStream,
    loses: &AtomicBool,
) -> io::Result<()> {
    let mut first = true;
    loop {
        let (message, bytes) = W::read(&mut client, first)?;
        first = false;
        let delay = *lock(&state.delay);
        std::thread::sleep(delay);
        let cut = message.and_then(|message| {
            let cut = lock(&state.cut).take_if(|(choice, _)| choice(&message)).map(|(_, cut)| cut);
            // Record the message before its answer.
            lock(&state.seen).push(message);
            cut
        });
        match cut {
            None => server.write_all(&bytes)?,
            Some(Cut::Question) => return Ok(()),
            Some(Cut::Half) => {
                return server.write_all(bytes.get(..bytes.len().div_ceil(2)).unwrap_or_default());
            }
            Some(Cut::Sent) => return server.write_all(&bytes),
            Some(Cut::Answer) => {
                loses.store(true, Ordering::SeqCst);
                server.write_all(&bytes)?;
            }
        }
    }
}

/// Forwards the server's bytes, or drops them and the connection.
fn answers(mut server: TcpStream, mut client: TcpStream, loses: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let read = buffer.get(..length).unwrap_or_default();
        if loses.load(Ordering::SeqCst) || client.write_all(read).is_err() {
            break;
        }
    }
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
}
