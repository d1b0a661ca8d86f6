//! Empty: the tests use `authentik-client`, see `tests`.
