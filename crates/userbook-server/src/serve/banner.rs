//! The lines that the server prints when it starts: to standard output, or to standard error if events use standard
//! output.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use crate::bootstrap::Administrator;

/// Prints the token of the first administrator, once.
pub(super) fn print_administrator(
    origin: &str,
    administrator: &Administrator,
    quiet: bool,
) -> io::Result<()> {
    let name = &administrator.user.username;
    let (token, curl) = (&administrator.token, administrator.curl(origin));
    print(
        quiet,
        &format!(
            "The database was empty. The superuser \"{name}\" has this token, which is shown only once:\n\n    \
             {token}\n\nTry it:\n\n    {curl}\n\n"
        ),
    )
}

/// Prints the listening addresses.
pub(super) fn print_ready(origin: &str, metrics: Option<SocketAddr>, quiet: bool) -> io::Result<()> {
    let pages = format!("pages: {origin}/ finds and edits users, {origin}/api/v3/ tries the API");
    let metrics = metrics.map(|address| format!("metrics: http://{address}/metrics\n")).unwrap_or_default();
    print(quiet, &format!("{pages}\n{metrics}listening on {origin}\n"))
}

fn print(quiet: bool, text: &str) -> io::Result<()> {
    let mut out: Box<dyn Write> = if quiet { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
    out.write_all(text.as_bytes())?;
    out.flush()
}
