//! The lists of cases; each name occurs once.

use userbook::{
    UserStore,
    store::{BatchStore, ImportStore, ListStore, ProvisioningStore, SessionStore},
};

use crate::{Harness, Law};

/// Defines a list of names, the function that runs all cases, and the macro that expands to one test for each case.
/// The dollar sign is a parameter because a macro cannot write it in a macro that it defines.
macro_rules! suite {
    (
        $(#[$doc:meta])* $macro:ident,
        $(#[$list_doc:meta])* $list:ident,
        $(#[$run_doc:meta])* $run:ident: $port:ident $(+ $further:ident)?,
        $dollar:tt, { $($module:ident::$case:ident,)+ }
    ) => {
        $(#[$list_doc])*
        pub const $list: &[&str] = &[$(concat!(stringify!($module), "::", stringify!($case))),+];

        $(#[$run_doc])*
        ///
        /// Runs the cases in sequence and returns their names. Panics at the first violated law.
        pub async fn $run<H: Harness<Store: $port $(+ $further)?>>() -> &'static [&'static str] {
            $({
                let _law = Law::of(stringify!($module), stringify!($case));
                Box::pin(crate::cases::$module::$case::<H>()).await;
            })+
            $list
        }

        $(#[$doc])*
        #[macro_export]
        macro_rules! $macro {
            ($dollar harness:ty, #[$dollar($dollar test:tt)*]) => {
                $(
                    #[$dollar($dollar test)*]
                    async fn $case() {
                        let _law = $dollar crate::Law::of(stringify!($module), stringify!($case));
                        $dollar crate::cases::$module::$case::<$dollar harness>().await;
                    }
                )+
            };
        }
    };
}

suite! {
    /// One test for each law of [`UserStore`](userbook::UserStore) and [`Outbox`](userbook::store::Outbox):
    /// `store_conformance!(MyHarness, #[tokio::test]);`
    store_conformance,
    /// The cases of [`store_conformance!`](crate::store_conformance).
    STORE_CASES,
    /// All of [`store_conformance!`](crate::store_conformance) for environments without a test runner.
    run_store_cases: UserStore,
    $, {
        load::facts_come_without_a_target,
        load::a_user_is_found_by_uuid,
        load::every_column_comes_back,
        load::the_actor_is_read_in_the_same_moment,
        load::other_facts_are_absent,
        closure::ancestors_come_up_to_the_bound,
        closure::each_start_counts_by_itself,
        closure::cycles_end,
        closure::unknown_groups_are_left_out,
        names::names_are_compared_byte_for_byte,
        names::a_name_like_another_can_be_taken,
        names::keeping_ones_own_name_is_no_conflict,
        names::addresses_are_exact_and_may_be_shared,
        superusers::another_superuser_is_found,
        superusers::inactive_superusers_do_not_count,
        superusers::superuser_status_reaches_down_to_the_bound,
        superusers::cycles_hide_no_superuser,
        superusers::deactivation_and_activation_count,
        superusers::joining_while_the_activity_changes_counts,
        can_act::each_kind_of_user_counts_as_what_it_is,
        can_act::persons_and_service_accounts_are_separate,
        can_act::changes_of_type_name_and_activity_count,
        can_act::joining_counts_by_the_type_then,
        commit::all_of_a_change_is_applied,
        commit::each_column_is_written_alone,
        commit::columns_that_are_not_named_keep_what_others_wrote,
        commit::clearing_is_not_keeping,
        commit::a_change_without_columns_bumps_the_revision,
        claims::folded_names_of_others_are_taken,
        claims::a_claimed_name_leaves_no_trace,
        claims::an_exclusive_key_stays_exclusive,
        claims::twins_are_possible,
        claims::one_of_many_claims_a_name,
        sessions::a_change_that_ends_sessions_renews_the_epoch,
        conflicts::another_revision_leaves_no_trace,
        conflicts::gone_leaves_no_trace,
        conflicts::a_taken_username_leaves_no_trace,
        conflicts::missing_groups_leave_no_trace,
        conflicts::the_same_change_is_not_applied_twice,
        external_ids::external_ids_come_back_and_stay,
        external_ids::a_taken_identifier_is_rejected,
        external_ids::one_of_many_takes_an_identifier,
        groups::joining_and_leaving,
        groups::a_delta_spares_other_memberships,
        groups::ten_thousand_groups,
        guards::ordinary_updates_touch_no_counter,
        guards::relying_compares,
        guards::changing_compares_and_increments,
        guards::both_counters_at_once,
        guards::the_actor_must_be_as_decided_on,
        races::one_of_many_wins,
        races::no_increment_is_lost,
        races::one_counter_admits_one_change,
        races::administrators_cannot_deactivate_each_other,
        races::a_load_never_sees_half_a_commit,
        values::text_beyond_the_basic_plane,
        values::long_texts,
        values::blanks_at_the_ends_stay,
        values::moments_to_the_microsecond,
        values::deep_attributes,
        values::numbers_by_value,
        values::odd_keys,
        values::attributes_that_are_no_object,
        outbox::an_event_for_each_applied_change,
        outbox::events_come_back_as_they_went,
        outbox::events_of_one_user_come_in_order,
        outbox::pending_events_are_bounded_in_bytes,
        outbox::acknowledged_events_do_not_wait,
        outbox::pruning_spares_what_waits,
        change_committed::a_change_is_found_by_its_id,
        change_committed::a_change_is_found_after_others_followed,
        cancel::a_dropped_commit_is_whole_or_nothing,
        cancel::a_dropped_load_does_no_harm,
    }
}

suite! {
    /// One test for each law of [`ProvisioningStore`](userbook::store::ProvisioningStore):
    /// `provisioning_conformance!(MyHarness, #[tokio::test]);`
    provisioning_conformance,
    /// The cases of [`provisioning_conformance!`](crate::provisioning_conformance).
    PROVISIONING_CASES,
    /// All of [`provisioning_conformance!`](crate::provisioning_conformance) for environments without a test runner.
    run_provisioning_cases: ProvisioningStore,
    $, {
        load_directory::an_empty_query,
        load_directory::names,
        load_directory::groups_and_the_actor,
        load_directory::the_shape_of_the_hierarchy,
        load_directory::the_groups_below_a_group,
        load_directory::superusers_among_direct_members,
        load_directory::some_memberships_can_be_left_out,
        load_directory::members_of_a_group_and_named_users,
        load_directory::members_are_limited,
        load_directory::the_committed_change_and_the_counters,
        user_provisioning::a_user_is_inserted,
        user_provisioning::an_inserted_user_counts_as_what_it_is,
        user_provisioning::ids_are_unique,
        user_provisioning::usernames_are_unique,
        user_provisioning::uuids_are_unique,
        user_provisioning::groups_must_exist,
        user_provisioning::a_user_is_deleted,
        user_provisioning::a_deletion_compares_the_revision,
        user_provisioning::ids_are_not_reused,
        user_provisioning::ids_are_reserved,
        user_provisioning::a_reserved_id_is_inserted_once,
        user_provisioning::guards_hold_for_users,
        group_provisioning::a_group_is_inserted,
        group_provisioning::a_group_is_overwritten,
        group_provisioning::a_parent_must_exist,
        group_provisioning::group_names_are_unique,
        group_provisioning::imported_groups_may_share_a_name,
        group_provisioning::a_group_is_deleted,
        group_provisioning::a_missing_group_is_gone,
        group_provisioning::guards_hold_for_groups,
        group_provisioning::a_dropped_group_write_is_whole_or_nothing,
        external_ids::users_and_groups_are_managed,
        members::members_join_and_leave_with_the_group,
        members::a_new_group_takes_members,
        members::a_membership_that_does_not_change_is_harmless,
        members::a_member_of_another_revision_leaves_no_trace,
        members::a_forgotten_member_keeps_the_group,
        members::members_are_bound_to_the_group_write,
        members::the_actor_may_be_a_member,
        members::a_thousand_members_at_once,
        claims::inserted_and_deleted_users_claim,
        sessions::member_changes_end_sessions,
    }
}

suite! {
    /// One test for each law of [`SessionStore`](userbook::store::SessionStore):
    /// `session_conformance!(MyHarness, #[tokio::test]);`
    session_conformance,
    /// The cases of [`session_conformance!`](crate::session_conformance).
    SESSION_CASES,
    /// All of [`session_conformance!`](crate::session_conformance) for environments without a test runner.
    run_session_cases: SessionStore,
    $, {
        sessions::a_login_writes_nothing_else,
        sessions::a_login_conflicts_with_no_update,
        sessions::an_active_user_has_an_epoch,
    }
}

suite! {
    /// One test for each law of [`BatchStore`](userbook::store::BatchStore):
    /// `batch_conformance!(MyHarness, #[tokio::test]);`
    batch_conformance,
    /// The cases of [`batch_conformance!`](crate::batch_conformance).
    BATCH_CASES,
    /// All of [`batch_conformance!`](crate::batch_conformance) for environments without a test runner.
    run_batch_cases: BatchStore,
    $, {
        batch::a_batch_sees_its_writes_and_keeps_them,
        batch::a_dropped_batch_leaves_no_trace,
        batch::batches_follow_each_other,
    }
}

suite! {
    /// One test for each law of [`ImportStore`](userbook::store::ImportStore):
    /// `import_conformance!(MyHarness, #[tokio::test]);`
    import_conformance,
    /// The cases of [`import_conformance!`](crate::import_conformance).
    IMPORT_CASES,
    /// All of [`import_conformance!`](crate::import_conformance) for environments without a test runner.
    run_import_cases: ImportStore,
    $, {
        import::an_empty_store_takes_rows,
        import::parents_may_follow_their_children,
        import::a_store_with_rows_rejects_imports,
        import::the_next_id_is_above_all,
        import::an_import_moves_the_counters,
        import::bad_rows_leave_no_trace,
        external_ids::imported_identifiers_are_unique,
    }
}

suite! {
    /// One test for each law of [`ListStore`](userbook::store::ListStore), on a store that is a
    /// [`ProvisioningStore`](userbook::store::ProvisioningStore) too: `list_conformance!(MyHarness, #[tokio::test]);`
    list_conformance,
    /// The cases of [`list_conformance!`](crate::list_conformance).
    LIST_CASES,
    /// All of [`list_conformance!`](crate::list_conformance) for environments without a test runner.
    run_list_cases: ListStore + ProvisioningStore,
    $, {
        user_lists::every_column_and_the_groups_come_back,
        user_lists::anonymous_is_never_listed,
        user_lists::a_scope_is_a_bound,
        scopes::users_by_path_and_group,
        scopes::members_by_path_and_group,
        user_lists::every_order,
        user_lists::order_of_long_texts,
        user_lists::pages_follow_one_another,
        user_lists::a_list_shows_what_was_committed,
        user_lists::the_count_follows_users,
        user_lists::a_page_is_read_in_one_moment,
        claims::folded_names_are_found,
        further_addresses::further_addresses_are_found,
        filters::texts_are_compared_byte_for_byte,
        filters::long_texts_are_compared_to_their_ends,
        filters::path_prefixes,
        filters::plain_columns,
        filters::direct_memberships,
        filters::superusers_by_inheritance,
        filters::attributes_meet_conditions,
        filters::words_are_searched,
        filters::paths_of_users,
        times::times_are_compared,
        external_ids::managed_users_and_groups_are_listed,
        group_lists::a_group_comes_with_parent_and_members,
        group_lists::members_come_as_the_query_asks,
        group_lists::group_filters,
        group_lists::folded_names_of_groups,
        group_lists::pages_of_groups,
        group_lists::the_count_follows_groups,
        page_size::a_page_of_users_is_bounded,
        page_size::a_page_of_groups_is_bounded,
        page_size::attributes_are_read_on_request,
        page_size::rows_count_towards_the_size,
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH_CASES, IMPORT_CASES, LIST_CASES, PROVISIONING_CASES, SESSION_CASES, STORE_CASES};

    #[test]
    fn every_case_is_in_a_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases");
        let mut written = Vec::new();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let module = file.file_stem().unwrap().to_str().unwrap().to_owned();
            for line in std::fs::read_to_string(&file).unwrap().lines() {
                if let Some(rest) = line.strip_prefix("pub async fn ") {
                    written.push(format!("{module}::{}", rest.split('<').next().unwrap()));
                }
            }
        }
        written.sort();
        let mut listed =
            [STORE_CASES, PROVISIONING_CASES, SESSION_CASES, BATCH_CASES, IMPORT_CASES, LIST_CASES].concat();
        listed.sort_unstable();
        assert_eq!(written, listed);
    }
}
