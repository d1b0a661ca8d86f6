//! The lines that the server prints when it starts: to standard output, or to standard error if events use standard
//! output.

use std::io::{self, Write};

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

/// Prints the listening address.
pub(super) fn print_ready(origin: &str, quiet: bool) -> io::Result<()> {
    let pages = format!("pages: {origin}/ finds and edits users, {origin}/api/v3/ tries the API");
    print(quiet, &format!("{pages}\nlistening on {origin}\n"))
}

fn print(quiet: bool, text: &str) -> io::Result<()> {
    let mut out: Box<dyn Write> = if quiet { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
    out.write_all(text.as_bytes())?;
    out.flush()
}
