//! `export`: the whole directory as a seed, as JSON Lines, or the users as CSV.

mod csv;
mod json;
mod json_lines;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use userbook::{Group, User};

use super::{Failure, Message, context::Context};
use crate::{
    admin::import::Format,
    auth::{GrantRow, TokenRow},
    maintenance::ExportSink,
};

/// `export FILE`
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The file to create; `-` is standard output
    file: PathBuf,
    /// The format; by default that of the file name's ending
    #[arg(long)]
    format: Option<Format>,
    /// Prints the numbers of rows as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &ExportArgs) -> Result<(), Failure> {
    let format = Format::of(arguments.format, &arguments.file)?;
    if arguments.file == Path::new("-") {
        let mut sink = Counting::new(sink(format, Box::new(BufWriter::new(io::stdout()))));
        context.database.export(&mut sink).await?;
        return Ok(sink.inner.finish()?);
    }
    // Only a complete export gets the name.
    let partial = arguments.file.with_added_extension("partial");
    if arguments.file.exists() {
        return Err(Message::failure(format!("{} exists already", arguments.file.display())));
    }
    let counts = match write(context, format, create_partial(&partial)?).await {
        Ok(counts) => counts,
        Err(error) => {
            // The first error says why; one of the removal would hide it.
            _ = fs::remove_file(&partial);
            return Err(error);
        }
    };
    fs::rename(&partial, &arguments.file)?;
    counts.print(arguments.json)
}

/// Writes the whole export to the disk.
async fn write(context: &Context, format: Format, file: File) -> Result<Counts, Failure> {
    let mut sink = Counting::new(sink(format, Box::new(BufWriter::new(file.try_clone()?))));
    context.database.export(&mut sink).await?;
    let counts = sink.counts;
    sink.inner.finish()?;
    file.sync_all()?;
    Ok(counts)
}

/// Creates the file, only for its owner. A file that an interrupted export left is replaced, and a link is not
/// followed.
fn create_partial(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A format that writes the end of its file.
trait FileSink: ExportSink {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

type Output = Box<dyn Write + Send>;

fn sink(format: Format, out: Output) -> Box<dyn FileSink> {
    match format {
        Format::Json => Box::new(json::JsonSink::new(out)),
        Format::Jsonl => Box::new(json_lines::JsonLinesSink::new(out)),
        Format::Csv => Box::new(csv::CsvSink::new(out)),
    }
}

/// The numbers of rows.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
struct Counts {
    groups: usize,
    users: usize,
    tokens: usize,
    permissions: usize,
}

impl Counts {
    fn print(self, json: bool) -> Result<(), Failure> {
        if json {
            return super::print::json(&self);
        }
        let Self { groups, users, tokens, permissions } = self;
        super::print::line(&format!(
            "exported groups: {groups}, users: {users}, tokens: {tokens}, permissions: {permissions}"
        ))
    }
}

/// Counts rows on their way.
struct Counting {
    inner: Box<dyn FileSink>,
    counts: Counts,
}

impl Counting {
    fn new(inner: Box<dyn FileSink>) -> Self {
        Self { inner, counts: Counts::default() }
    }
}

impl ExportSink for Counting {
    fn install_id(&mut self, id: &str) -> io::Result<()> {
        self.inner.install_id(id)
    }

    fn groups(&mut self, groups: &[Group]) -> io::Result<()> {
        self.counts.groups += groups.len();
        self.inner.groups(groups)
    }

    fn users(&mut self, users: &[User]) -> io::Result<()> {
        self.counts.users += users.len();
        self.inner.users(users)
    }

    fn tokens(&mut self, tokens: &[TokenRow]) -> io::Result<()> {
        self.counts.tokens += tokens.len();
        self.inner.tokens(tokens)
    }

    fn grants(&mut self, grants: &[GrantRow]) -> io::Result<()> {
        self.counts.permissions += grants.len();
        self.inner.grants(grants)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn partial_file_follows_no_link_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, partial) = (folder.path().join("victim"), folder.path().join("all.json.partial"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, &partial).unwrap();
        create_partial(&partial).unwrap().write_all(b"rows").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o666)).unwrap();
        create_partial(&partial).unwrap();
        assert_eq!(fs::metadata(&partial).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&partial).unwrap(), b"");
    }
}
