//! A proxy between store and server that counts messages and cuts connections:
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::{
    io::{self, Read},
    net::{Ipv4Addr, TcpStream},
    ops::Deref,
};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::servers::relay::{Cut, Relay, Wire};

/// The protocol: a message is recorded by its type letter, the first message of a connection by 0.
#[derive(Debug)]
pub struct Postgres;

impl Wire for Postgres {
    type Message = u8;

    fn read(client: &mut &TcpStream, first: bool) -> io::Result<(Option<u8>, Vec<u8>)> {
        let mut bytes = vec![0; if first { 4 } else { 5 }];
        client.read_exact(&mut bytes)?;
        let (kind, length) = match *bytes.as_slice() {
            [kind, a, b, c, d] => (kind, u32::from_be_bytes([a, b, c, d])),
            [a, b, c, d] => (0, u32::from_be_bytes([a, b, c, d])),
            _ => unreachable!("the length is fixed"),
        };
        // The length includes its own bytes.
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        client.read_exact(&mut body)?;
        bytes.extend(body);
        Ok((Some(kind), bytes))
    }
}

/// Counts of messages by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Messages {
    /// Statements to prepare.
    pub parse: usize,
    /// Executions of prepared statements.
    pub execute: usize,
    /// Simple statements, such as `BEGIN`.
    pub query: usize,
    /// Ends of a flight that the client wants answered. With `query`, the number of round trips.
    pub sync: usize,
}

/// A relay to a PostgreSQL server.
#[derive(Debug)]
pub struct Proxy {
    relay: Relay<Postgres>,
    options: PgConnectOptions,
}

impl Proxy {
    /// Starts a proxy in front of a loopback server.
    pub fn start(server: &PgConnectOptions) -> Self {
        let relay = Relay::start((Ipv4Addr::LOCALHOST, server.get_port()).into());
        // The proxy reads plain messages.
        let options = server.clone().host("127.0.0.1").port(relay.address().port());
        let options = options.ssl_mode(PgSslMode::Disable);
        Self { relay, options }
    }

    /// Returns connection options through the proxy.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Cuts every connection from now on at the statement with this number.
    pub fn cut_statement(&self, statement: usize, cut: Cut) {
        let mut until = statement;
        let is_it = move |kind: &u8| {
            until -= usize::from(*kind == b'E');
            until == 0
        };
        self.relay.cut(is_it, cut);
    }

    /// Returns the messages since the last call.
    pub fn messages(&self) -> Messages {
        let seen = self.relay.seen();
        let count = |kind| seen.iter().map(|seen| usize::from(*seen == kind)).sum();
        Messages { parse: count(b'P'), execute: count(b'E'), query: count(b'Q'), sync: count(b'S') }
    }
}

impl Deref for Proxy {
    type Target = Relay<Postgres>;

    fn deref(&self) -> &Self::Target {
        &self.relay
    }
}
