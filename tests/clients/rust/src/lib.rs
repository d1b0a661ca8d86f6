//! Nothing: what is tested is `authentik-client`, see `tests`.
