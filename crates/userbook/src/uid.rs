//! stub
/// stub
pub fn uid(_u: crate::UserId, _i: &str) -> String {
    String::new()
}
