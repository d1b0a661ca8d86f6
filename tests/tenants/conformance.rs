//! The laws of stores hold for the store of a tenant.

mod postgres {
    use crate::fixture::PostgresTenant;
    mod users {
        use super::PostgresTenant;
        userbook_conformance::store_conformance!(PostgresTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod provisioning {
        use super::PostgresTenant;
        userbook_conformance::provisioning_conformance!(PostgresTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod lists {
        use super::PostgresTenant;
        userbook_conformance::list_conformance!(PostgresTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod import {
        use super::PostgresTenant;
        userbook_conformance::import_conformance!(PostgresTenant, #[tokio::test]);
    }
    mod session {
        use super::PostgresTenant;
        userbook_conformance::session_conformance!(PostgresTenant, #[tokio::test]);
    }
}

mod sqlite {
    use crate::fixture::SqliteTenant;
    mod users {
        use super::SqliteTenant;
        userbook_conformance::store_conformance!(SqliteTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod provisioning {
        use super::SqliteTenant;
        userbook_conformance::provisioning_conformance!(SqliteTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
}

mod mysql {
    use crate::fixture::MySqlTenant;
    userbook_conformance::store_conformance!(MySqlTenant, #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
}
