//! A proxy between store and server that counts commands and cuts connections:
//! <https://mariadb.com/kb/en/clientserver-protocol/>.

use std::{
    io::{self, Read},
    net::{Ipv4Addr, TcpStream},
    ops::Deref,
};

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::servers::relay::{Cut, Relay, Wire};

/// A round trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A text statement, such as `BEGIN`.
    Query(String),
    /// A statement to prepare.
    Prepare,
    /// An execution of a prepared statement.
    Execute,
    /// Any other command.
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

/// The protocol.
#[derive(Debug)]
pub struct MariaDb;

impl Wire for MariaDb {
    type Message = Command;

    fn read(client: &mut &TcpStream, _first: bool) -> io::Result<(Option<Command>, Vec<u8>)> {
        let mut head = [0; 4];
        client.read_exact(&mut head)?;
        let [low, middle, high, number] = head;
        let mut payload = vec![0; u32::from_le_bytes([low, middle, high, 0]) as usize];
        client.read_exact(&mut payload)?;
        // A command starts with packet 0; other packets belong to the greeting.
        let command = (number == 0).then(|| Command::of(&payload));
        Ok((command, [&head, payload.as_slice()].concat()))
    }
}

/// A relay to a MariaDB server.
#[derive(Debug)]
pub struct Proxy {
    relay: Relay<MariaDb>,
    options: MySqlConnectOptions,
}

impl Proxy {
    /// Starts a proxy in front of a loopback server.
    pub fn start(server: &MySqlConnectOptions) -> Self {
        let relay = Relay::start((Ipv4Addr::LOCALHOST, server.get_port()).into());
        // The proxy reads plain messages.
        let options = server.clone().host("127.0.0.1").port(relay.address().port());
        let options = options.ssl_mode(MySqlSslMode::Disabled);
        Self { relay, options }
    }

    /// Returns connection options through the proxy.
    pub fn options(&self) -> &MySqlConnectOptions {
        &self.options
    }

    /// Cuts the next connection that sends this command, once.
    pub fn cut_command(&self, command: Command, cut: Cut) {
        self.relay.cut(move |seen| *seen == command, cut);
    }

    /// Returns the commands since the last call.
    pub fn commands(&self) -> Vec<Command> {
        self.relay.seen()
    }
}

impl Deref for Proxy {
    type Target = Relay<MariaDb>;

    fn deref(&self) -> &Self::Target {
        &self.relay
    }
}
