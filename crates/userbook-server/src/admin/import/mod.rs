//! `import`: users and groups from a file, row by row, through the rules of the service.

mod apply;
mod csv;
mod group;
mod json;
mod json_lines;
mod progress;
mod record;
mod report;
mod users;

use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use userbook::store::ImportOutcome;

use self::{
    apply::Importer,
    csv::Mapping,
    progress::Progress,
    record::{Reader, Record},
    report::Report,
};
use super::{Failure, Message, context::Context, print};
use crate::seed::Seed;

/// `import FILE`
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file: a seed (.json), JSON Lines (.jsonl) or users as CSV (.csv)
    file: PathBuf,
    /// The format; by default that of the file name's ending
    #[arg(long)]
    format: Option<Format>,
    /// Reads a column of CSV as this field, such as `Mail=email` or `Office=attributes.office`; `Notes=` skips a column
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    map: Vec<Mapping>,
    /// Checks every row and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
}

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object, as for `--seed`
    Json,
    /// One JSON object in each line
    Jsonl,
    /// Users as comma-separated values, with a header
    Csv,
}

impl Format {
    /// Returns the given format, or that of the file's name.
    pub(crate) fn of(given: Option<Self>, file: &Path) -> Result<Self, Failure> {
        let ending = file.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        let by_name = match ending.as_deref() {
            Some("json") => Some(Self::Json),
            Some("jsonl" | "ndjson") => Some(Self::Jsonl),
            Some("csv") => Some(Self::Csv),
            _ => None,
        };
        let text = || format!("the format of {} is unknown: use --format json, jsonl or csv", file.display());
        given.or(by_name).ok_or_else(|| Message::failure(text()))
    }
}

pub(super) async fn run(context: &Context, arguments: &ImportArgs) -> Result<(), Failure> {
    let format = Format::of(arguments.format, &arguments.file)?;
    if format != Format::Csv && !arguments.map.is_empty() {
        return Err(Message::failure("--map is for CSV"));
    }
    let is_empty = context.is_empty().await?;
    if is_empty && format == Format::Json {
        return restore(context, arguments).await;
    }
    context.require_content().await?;
    let file = &arguments.file;
    let cannot_read = |error| Message::failure(format!("cannot read {}: {error}", file.display()));
    let mut rows: Box<dyn Reader> = match format {
        Format::Json => Box::new(json::JsonReader::open(file)?),
        Format::Jsonl => Box::new(json_lines::JsonLinesReader::new(File::open(file).map_err(cannot_read)?)?),
        Format::Csv => Box::new(csv::CsvReader::new(File::open(file).map_err(cannot_read)?, &arguments.map)?),
    };
    let progress = Progress::new(rows.total());
    let mut report = Report::new(file, arguments.json, &progress);
    let mut importer = Importer::new(context, arguments.dry_run);
    while let Some((place, record)) = rows.next()? {
        progress.show(rows.position());
        match record {
            Ok(Record::Group(group)) => {
                importer.write_users(&mut report).await?;
                importer.defer_group(place, *group);
            }
            Ok(record) => {
                importer.write_groups(&mut report).await?;
                importer.write(&place, record, &mut report).await?;
            }
            Err(row_error) => report.refused(&place, &row_error),
        }
    }
    importer.write_groups(&mut report).await?;
    importer.write_users(&mut report).await?;
    progress.finish();
    report.finish(arguments.dry_run)
}

/// Fills an empty database with a seed: ids and times stay as they are.
async fn restore(context: &Context, arguments: &ImportArgs) -> Result<(), Failure> {
    let seed = Seed::read(&arguments.file)?;
    for warning in &seed.warnings {
        tracing::warn!("{warning}");
    }
    let (users, groups) = (seed.rows.users.len(), seed.rows.groups.len());
    if !arguments.dry_run {
        let fill = context.database.auth.fill(&seed.rows, &seed.auth, &|| Ok(())).await?;
        if fill == ImportOutcome::NotEmpty {
            return Err(Message::failure("another process filled the database: repeat the import"));
        }
    }
    if arguments.json {
        return print::json(&serde_json::json!({"restored": {"users": users, "groups": groups}}));
    }
    let what = if arguments.dry_run { "would restore" } else { "restored" };
    print::line(&format!("{what} into an empty database: users: {users}, groups: {groups}"))
}
