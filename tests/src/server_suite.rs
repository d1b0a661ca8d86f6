//! The tests of the reference server that run on each database server.

/// Declares the tests on databases of this type, each with these attributes.
#[macro_export]
macro_rules! server_suite {
    ($(#[$attribute:meta])* $database:ty) => {
        use sqlx::ConnectOptions as _;

        async fn blank() -> ($database, String) {
            let database = <$database>::blank().await;
            let url = database.options().to_url_lossy().to_string();
            (database, url)
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn empty_database_gets_an_administrator_and_keeps_data_across_restarts() {
            let (_database, url) = blank().await;
            $crate::serving::empty_database_gets_an_administrator_and_keeps_data_across_restarts(&url);
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn permissions_of_the_seed_are_kept() {
            let (_database, url) = blank().await;
            $crate::serving::permissions_of_the_seed_are_kept(&url);
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn two_starts_at_once_print_one_working_token() {
            for _ in 0..3 {
                let (_database, url) = blank().await;
                $crate::serving::two_starts_at_once_print_one_working_token(&url);
            }
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn administration_commands_work_beside_a_server() {
            let (_database, url) = blank().await;
            $crate::serving::administration_commands_work_beside_a_server(&url);
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn each_destination_gets_its_events() {
            let (_database, url) = blank().await;
            $crate::serving::events_reach_each_destination(&url);
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn kills_during_pushes_lose_no_member() {
            let (_database, url) = blank().await;
            $crate::pushing::kills_during_pushes_lose_no_member(&url);
        }

        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn scim_connections_work_beside_a_server() {
            let (_database, url) = blank().await;
            $crate::connecting::scim_connections_work_beside_a_server(&url);
        }
    };
}
