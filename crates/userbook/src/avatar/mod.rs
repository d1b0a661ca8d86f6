//! stub
/// stub
#[derive(Debug)]
pub struct Avatars;
