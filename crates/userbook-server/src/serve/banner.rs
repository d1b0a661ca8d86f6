//! The lines that the server prints when it is ready.

use std::io::Write;

use crate::bootstrap::Administrator;

/// Says where the server listens, and the first administrator's token, this once: on standard output, unless that
/// belongs to events.
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
            "The database was empty. The superuser \"{name}\" has this token, shown only this once:"
        )?;
        writeln!(out, "\n    {}\n\nTry it:\n\n    {}\n", administrator.token, administrator.curl(origin))?;
    }
    writeln!(out, "{origin}/ is a page to find and edit users, {origin}/api/v3/ one to try the API on")?;
    writeln!(out, "listening on {origin}")?;
    out.flush()
}
