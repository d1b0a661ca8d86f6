//! Empty: the tests use the two releases of `authentik-client`, see `tests`.
