//! The laws of stores, on MariaDB.

mod users {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::store_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod directory {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::directory_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod seed {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::seed_conformance!(Database, #[tokio::test]);
}

mod listing {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::listing_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}
