//! The reference server on PostgreSQL.

userbook_tests::server_suite!(userbook_tests::servers::postgres::Database);
