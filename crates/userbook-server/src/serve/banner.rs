//! The lines that the server prints when it is ready.

use std::io::Write;

use crate::bootstrap::Administrator;

/// Prints the listening address and, once, the first administrator's token: to standard output, or to standard error
/// if events use standard output.
pub(super) fn print_banner(
    origin: &str,
    administrator: Option<&Administrator>,
    quiet: bool,
) -> std::io::Result<()> {
    let mut out: Box<dyn Write> =
        if quiet { Box::new(std::io::stderr()) } else { Box::new(std::io::stdout()) };
    if let Some(administrator) = administrator {
        let name = &administrator.user.username;
        writeln!(
            out,
            "The database was empty. The superuser \"{name}\" has this token, which is shown only once:"
        )?;
        writeln!(out, "\n    {}\n\nTry it:\n\n    {}\n", administrator.token, administrator.curl(origin))?;
    }
    writeln!(out, "pages: {origin}/ finds and edits users, {origin}/api/v3/ tries the API")?;
    writeln!(out, "listening on {origin}")?;
    out.flush()
}
