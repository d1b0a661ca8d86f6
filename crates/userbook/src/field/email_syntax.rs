//! stub
pub(crate) fn is_django_email(t: &str) -> bool {
    t.contains('@')
}
