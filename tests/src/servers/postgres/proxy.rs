//! Something between the store and the server that counts messages and cuts connections:
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::{
    io::{self, Read},
    net::{Ipv4Addr, TcpStream},
    ops::Deref,
};

use sqlx::postgres::PgConnectOptions;

use crate::servers::relay::{Cut, Relay, Wire};

/// The protocol: a message is noted by the letter that says what it is, the first of a connection by 0.
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
            _ => unreachable!("the length was just chosen"),
        };
        // The length counts itself.
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        client.read_exact(&mut body)?;
        bytes.extend(body);
        Ok((Some(kind), bytes))
    }
}

/// How many messages of each kind there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Messages {
    /// Statements to be prepared.
    pub parse: usize,
    /// Prepared statements to be run.
    pub execute: usize,
    /// Simple statements: `BEGIN` and the like.
    pub query: usize,
    /// Ends of a flight that the client wants answered: round trips, with `query`.
    pub sync: usize,
}

/// A relay to a PostgreSQL server.
#[derive(Debug)]
pub struct Proxy {
    relay: Relay<Postgres>,
    options: PgConnectOptions,
}

impl Proxy {
    /// In front of this server, which is on the loopback.
    pub fn start(server: &PgConnectOptions) -> Self {
        let relay = Relay::start((Ipv4Addr::LOCALHOST, server.get_port()).into());
        let options = server.clone().host("127.0.0.1").port(relay.address().port());
        Self { relay, options }
    }

    /// How to connect through this.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Cuts the connection that runs the statement with this number, from now on.
    pub fn cut_statement(&self, statement: usize, cut: Cut) {
        let mut until = statement;
        let is_it = move |kind: &u8| {
            until -= usize::from(*kind == b'E');
            until == 0
        };
        self.relay.cut(is_it, cut);
    }

    /// What was sent since the last call.
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
