//! Something between the store and the server that counts messages and cuts connections:
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>. It has threads of its own, so that it
//! goes on while a test does not await anything.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use sqlx::postgres::PgConnectOptions;

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never hears of the statement.
    Question,
    /// The server has run the statement and has answered; the answer is lost.
    Answer,
}

/// What clients have sent.
#[derive(Debug, Default)]
struct Counts {
    parse: AtomicUsize,
    execute: AtomicUsize,
    query: AtomicUsize,
    sync: AtomicUsize,
    /// Statements until a connection is cut; 0: it is not.
    until_cut: AtomicUsize,
    cuts_answer: AtomicBool,
}

/// How many messages of each kind there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Messages {
    /// Statements to be prepared.
    pub(crate) parse: usize,
    /// Prepared statements to be run.
    pub(crate) execute: usize,
    /// Simple statements: `BEGIN` and the like.
    pub(crate) query: usize,
    /// Ends of a flight that the client wants answered: round trips, with `query`.
    pub(crate) sync: usize,
}

pub(crate) struct Proxy {
    counts: Arc<Counts>,
    options: PgConnectOptions,
}

impl Proxy {
    pub(crate) fn start(server: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let options = server.clone().host("127.0.0.1").port(listener.local_addr().unwrap().port());
        let (server, counts) =
            ((server.get_host().to_owned(), server.get_port()), Arc::new(Counts::default()));
        let noted = Arc::clone(&counts);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let loses = Arc::new(AtomicBool::new(false));
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap(), Arc::clone(&loses));
                std::thread::spawn(move || answers(back.0, back.1, &back.2));
                let noted = Arc::clone(&noted);
                std::thread::spawn(move || {
                    // Both ends of a connection that was cut tell so.
                    drop(questions(&client, &server, &noted, &loses));
                    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
                });
            }
        });
        Self { counts, options }
    }

    /// How to connect through this.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Cuts the connection that runs the statement with this number, from now on.
    pub(crate) fn cut(&self, statement: usize, cut: Cut) {
        self.counts.cuts_answer.store(cut == Cut::Answer, Ordering::SeqCst);
        self.counts.until_cut.store(statement, Ordering::SeqCst);
    }

    /// What was sent since the last call.
    pub(crate) fn messages(&self) -> Messages {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        Messages {
            parse: take(&self.counts.parse),
            execute: take(&self.counts.execute),
            query: take(&self.counts.query),
            sync: take(&self.counts.sync),
        }
    }
}

/// Passes on what the client sends, one message after the other.
fn questions(
    mut client: &TcpStream,
    mut server: &TcpStream,
    counts: &Counts,
    loses: &AtomicBool,
) -> io::Result<()> {
    let mut kind = None;
    loop {
        // The first message has no kind.
        let mut head = Vec::new();
        if kind.is_some() {
            let mut byte = [0];
            client.read_exact(&mut byte)?;
            head.extend(byte);
        }
        kind = Some(head.first().copied().unwrap_or(0));
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut body)?;
        let count = match kind {
            Some(b'P') => &counts.parse,
            Some(b'E') => &counts.execute,
            Some(b'Q') => &counts.query,
            Some(b'S') => &counts.sync,
            _ => &AtomicUsize::new(0),
        };
        if kind == Some(b'E') && counts.until_cut.load(Ordering::SeqCst) > 0 {
            let is_last = counts.until_cut.fetch_sub(1, Ordering::SeqCst) == 1;
            if is_last && !counts.cuts_answer.load(Ordering::SeqCst) {
                return Ok(());
            }
            loses.store(is_last, Ordering::SeqCst);
        }
        // Counted before it is answered.
        count.fetch_add(1, Ordering::SeqCst);
        head.extend(length);
        head.extend(body);
        server.write_all(&head)?;
    }
}

/// Passes on what the server sends, or loses it and the connection.
fn answers(mut server: TcpStream, mut client: TcpStream, loses: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let told = buffer.get(..length).unwrap();
        if loses.load(Ordering::SeqCst) || client.write_all(told).is_err() {
            break;
        }
    }
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
}
