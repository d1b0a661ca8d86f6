//! `backup`: a consistent copy of a SQLite database.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Failure, context::Context, print};

/// `backup FILE`
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file to create
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &BackupArgs) -> Result<(), Failure> {
    context.database.backup(&arguments.file).await?;
    let bytes = std::fs::metadata(&arguments.file)?.len();
    if arguments.json {
        return print::json(&json!({"file": arguments.file, "bytes": bytes}));
    }
    print::line(&format!("{}: {bytes} bytes", arguments.file.display()))
}
