//! Names the environment variable behind an error of the command line.

use std::env;

use clap::{
    Command,
    error::{ContextKind, ContextValue, Error},
};

/// Adds the variable that sets the option of this error, if one does.
pub(super) fn with_variables(error: Error, command: &Command) -> Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return error };
    let long = argument.split([' ', '=']).next().unwrap_or_default().trim_start_matches('-').to_owned();
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long.as_str()));
    let Some(variable) = arg.and_then(|arg| arg.get_env()) else { return error };
    let option = format!("--{long}");
    let is_given = env::args().any(|it| it == option || it.starts_with(&format!("{option}=")));
    if is_given || env::var_os(variable).is_none() {
        return error;
    }
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let hint = format!("\nthe value comes from the environment variable {}\n", variable.display());
    Error::raw(error.kind(), format!("{}{hint}", text.trim_end().to_owned() + "\n"))
}
