//! Something between the store and the server that counts commands and cuts connections:
//! <https://mariadb.com/kb/en/clientserver-protocol/>. It has threads of its own, so that it goes on while a test
//! does not await anything.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlx::mysql::MySqlConnectOptions;

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
struct Seen {
    commands: Vec<Command>,
    /// The text or the kind of command at which a connection is cut.
    cut: Option<(Command, Cut)>,
}

/// A round trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// A statement as text: `BEGIN` and the like.
    Query(String),
    /// A statement to be prepared.
    Prepare,
    /// A prepared statement to be run.
    Execute,
    /// Anything else.
    Other(u8),
}

impl Command {
    fn of(payload: &[u8]) -> Self {
        match payload.split_first() {
            Some((0x03, text)) => Self::Query(String::from_utf8_lossy(text).trim().to_owned()),
            Some((0x16, _)) => Self::Prepare,
            Some((0x17, _)) => Self::Execute,
            other => Self::Other(other.map_or(0, |(kind, _)| *kind)),
        }
    }
}

pub(crate) struct Proxy {
    seen: Arc<Mutex<Seen>>,
    options: MySqlConnectOptions,
}

impl Proxy {
    pub(crate) fn start(server: &MySqlConnectOptions) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let options = server.clone().host("127.0.0.1").port(listener.local_addr().unwrap().port());
        let server = (server.get_host().to_owned(), server.get_port());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = Arc::clone(&seen);
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
        Self { seen, options }
    }

    /// How to connect through this.
    pub(crate) fn options(&self) -> &MySqlConnectOptions {
        &self.options
    }

    /// Cuts the connection that sends this command next, once.
    pub(crate) fn cut(&self, command: Command, cut: Cut) {
        self.seen.lock().unwrap().cut = Some((command, cut));
    }

    /// What was sent since the last call.
    pub(crate) fn commands(&self) -> Vec<Command> {
        std::mem::take(&mut self.seen.lock().unwrap().commands)
    }
}

/// Passes on what the client sends, one packet after the other.
fn questions(
    mut client: &TcpStream,
    mut server: &TcpStream,
    seen: &Mutex<Seen>,
    loses: &AtomicBool,
) -> io::Result<()> {
    loop {
        let mut head = [0; 4];
        client.read_exact(&mut head)?;
        let [low, middle, high, number] = head;
        let mut payload = vec![0; u32::from_le_bytes([low, middle, high, 0]) as usize];
        client.read_exact(&mut payload)?;
        // A command begins with packet 0; all else belongs to the greeting.
        if number == 0 {
            let command = Command::of(&payload);
            let mut seen = seen.lock().unwrap();
            if let Some((_, cut)) = seen.cut.take_if(|(at, _)| *at == command) {
                if cut == Cut::Question {
                    return Ok(());
                }
                loses.store(true, Ordering::SeqCst);
            }
            seen.commands.push(command);
        }
        server.write_all(&head)?;
        server.write_all(&payload)?;
    }
}

/// Passes on what the server sends, or loses it and the connection.
fn answers(mut server: TcpStream, mut client: TcpStream, loses: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        if loses.load(Ordering::SeqCst) || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
}
