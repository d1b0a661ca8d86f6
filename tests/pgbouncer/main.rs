//! Store and server behind PgBouncer in transaction mode, with the settings that the guide of operations gives. Few
//! connections to the server are shared by many clients, so that successive transactions of a client run on different
//! ones.
//! `.ci/full pgbouncer` runs the tests, which need PgBouncer 1.21 or later.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod laws;
mod load;
mod tenants;

mod server {
    userbook_tests::server_suite!(
        #[ignore = "needs PgBouncer 1.21"]
        userbook_tests::servers::postgres::Pooled
    );
}
