use super::{Found, Setting};
use crate::Failure;
pub(super) fn run(_: &Setting) -> Result<Found, Failure> {
    Ok(Found::default())
}
