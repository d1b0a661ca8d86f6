//! `check`: looks for contradictions in the database.

use clap::Args;
use serde_json::json;

use super::{Failure, Message, context::Context, print};

/// `check`
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Fails if there are problems, after their list.
pub(super) async fn run(context: &Context, arguments: &CheckArgs) -> Result<(), Failure> {
    let problems = context.database.problems(context.service.policy().distinct_names()).await?;
    if arguments.json {
        print::json(&json!({"problems": problems}))?;
    } else if problems.is_empty() {
        print::line("no problems")?;
    } else {
        for problem in &problems {
            print::line(problem)?;
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Message::failure(format!("the check found problems: {}", problems.len())))
    }
}
