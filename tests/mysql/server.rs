//! The reference server on MariaDB.

userbook_tests::server_suite!(userbook_tests::servers::mariadb::Database);
