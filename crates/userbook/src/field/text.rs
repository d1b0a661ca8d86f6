//! stub
pub(crate) fn trim(t: &str) -> &str {
    t.trim()
}
pub(crate) fn is_space(_c: char) -> bool {
    false
}
pub(crate) fn split_whitespace(t: &str) -> impl Iterator<Item = &str> {
    t.split_whitespace()
}
