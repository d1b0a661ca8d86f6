//! The laws of stores, on MariaDB.

mod users {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::store_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod provisioning {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::provisioning_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}

mod session {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::session_conformance!(Database, #[tokio::test]);
}

mod batch {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::batch_conformance!(Database, #[tokio::test]);
}

mod import {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::import_conformance!(Database, #[tokio::test]);
}

mod lists {
    use userbook_tests::servers::mariadb::Database;
    userbook_conformance::list_conformance!(Database, #[tokio::test(flavor = "multi_thread", worker_threads = 4)]);
}
