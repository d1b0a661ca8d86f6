//! The conformance kit detects mutants: stores that violate one law each, with the case that must fail.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod mutations;
mod run;
mod store;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write as _},
};

use userbook_conformance::{IMPORT_CASES, LIST_CASES, PROVISIONING_CASES, SESSION_CASES, STORE_CASES, cases};

use run::{Case, Verdict, run};
use store::{UnderTest, Unmodified};

/// A broken store and the case that fails on it.
struct Mutant {
    name: &'static str,
    case: &'static str,
    on_broken: Case,
    on_unmodified: Case,
}

macro_rules! mutants {
    ($($mutation:ident => $module:ident::$case:ident,)+) => {
        const MUTANTS: &[Mutant] = &[$(Mutant {
            name: stringify!($mutation),
            case: concat!(stringify!($module), "::", stringify!($case)),
            on_broken: || Box::pin(cases::$module::$case::<UnderTest<mutations::$mutation>>()),
            on_unmodified: || Box::pin(cases::$module::$case::<UnderTest<Unmodified>>()),
        }),+];
    };
}

mutants! {
    ForgetsExternalIds => external_ids::external_ids_come_back_and_stay,
    ForgetsIdentifiers => external_ids::external_ids_come_back_and_stay,
    FoldsIdentifiers => external_ids::a_taken_identifier_is_rejected,
    ComparesIdentifiersOfAllSources => external_ids::a_taken_identifier_is_rejected,
    ListsEverySource => external_ids::managed_users_and_groups_are_listed,
    ComparesFoldedNamesWithStoredOnes => claims::folded_names_are_found,
    ComparesFoldedNamesOfGroupsExactly => group_lists::folded_names_of_groups,
    ForgetsFurtherAddresses => further_addresses::further_addresses_are_found,
    IgnoresRevision => conflicts::another_revision_leaves_no_trace,
    ChecksThenWrites => races::one_of_many_wins,
    CallsGoneAConflict => conflicts::gone_leaves_no_trace,
    AppliesTheSameAgain => conflicts::the_same_change_is_not_applied_twice,
    SkipsEmptyChanges => commit::a_change_without_columns_bumps_the_revision,
    DropsRemovals => groups::joining_and_leaving,
    DropsAdditions => commit::all_of_a_change_is_applied,
    ReplacesMemberships => groups::a_delta_spares_other_memberships,
    CutsManyGroups => groups::ten_thousand_groups,
    PassesOverMissingGroups => conflicts::missing_groups_leave_no_trace,
    IgnoresGraphGuard => guards::relying_compares,
    IgnoresSuperusersGuard => guards::both_counters_at_once,
    ChecksCountersThenWrites => races::one_counter_admits_one_change,
    ForgetsToCount => guards::changing_compares_and_increments,
    CountsEveryWrite => guards::ordinary_updates_touch_no_counter,
    IgnoresActorGuard => guards::the_actor_must_be_as_decided_on,
    ChecksActorThenWrites => races::administrators_cannot_deactivate_each_other,
    FoldsCaseInLoad => names::names_are_compared_byte_for_byte,
    LowersAddresses => names::addresses_are_exact_and_may_be_shared,
    SharesNoAddress => names::addresses_are_exact_and_may_be_shared,
    FoldsCaseInCommit => names::a_name_like_another_can_be_taken,
    IgnoresBlanksAtTheEnd => names::names_are_compared_byte_for_byte,
    ConflictsWithOwnName => names::keeping_ones_own_name_is_no_conflict,
    SwallowsTheNameClash => conflicts::a_taken_username_leaves_no_trace,
    WritesTheWholeRow => commit::columns_that_are_not_named_keep_what_others_wrote,
    CannotClear => commit::clearing_is_not_keeping,
    ForgetsAColumn => commit::each_column_is_written_alone,
    KeepsOldDates => commit::a_change_without_columns_bumps_the_revision,
    DatesCreationAnew => commit::all_of_a_change_is_applied,
    LosesMicroseconds => values::moments_to_the_microsecond,
    NullsDeepAttributes => values::deep_attributes,
    NarrowsNumbers => values::numbers_by_value,
    RepairsAttributes => values::attributes_that_are_no_object,
    TruncatesLongNames => values::long_texts,
    LosesFourByteCharacters => values::text_beyond_the_basic_plane,
    TrimsText => values::blanks_at_the_ends_stay,
    WritesTheEventLater => cancel::a_dropped_commit_is_whole_or_nothing,
    WritesTheEventBefore => outbox::an_event_for_each_applied_change,
    DropsTheEvent => outbox::an_event_for_each_applied_change,
    LoadsInTwoSteps => races::a_load_never_sees_half_a_commit,
    ForgetsCommittedChanges => change_committed::a_change_is_found_after_others_followed,
    DeletesAcknowledgedEvents => change_committed::a_change_is_found_after_others_followed,
    PendingComesReversed => outbox::events_of_one_user_come_in_order,
    PendingComesById => outbox::events_of_one_user_come_in_order,
    PendingIgnoresTheLimit => outbox::events_of_one_user_come_in_order,
    IgnoresTheBytesOfEvents => outbox::pending_events_are_bounded_in_bytes,
    ReturnsOneEventTooMany => outbox::pending_events_are_bounded_in_bytes,
    BlocksAtALargeEvent => outbox::pending_events_are_bounded_in_bytes,
    AcknowledgesEverything => outbox::acknowledged_events_do_not_wait,
    AcknowledgesUpToACursor => outbox::acknowledged_events_do_not_wait,
    PrunesPendingEvents => outbox::pruning_spares_what_waits,
    PrunesYoungEvents => outbox::pruning_spares_what_waits,
    LosesPartsOfEvents => outbox::events_come_back_as_they_went,
    LooksOneLevelDown => load_directory::the_groups_below_a_group,
    LeavesTheTopOut => load_directory::the_groups_below_a_group,
    WalksOneGroupTooFew => closure::ancestors_come_up_to_the_bound,
    WalksOneGroupTooMany => closure::ancestors_come_up_to_the_bound,
    VisitsGroupsOnce => closure::each_start_counts_by_itself,
    ConfusesQueryWithMembership => closure::unknown_groups_are_left_out,
    HidesInactiveActors => load::the_actor_is_read_in_the_same_moment,
    AnswersUnrequested => load::other_facts_are_absent,
    NeedsATarget => load::facts_come_without_a_target,
    IgnoresUuids => load::a_user_is_found_by_uuid,
    CountsOwnNameAsTaken => load::a_user_is_found_by_uuid,
    AlwaysFindsASuperuser => superusers::another_superuser_is_found,
    CountsTheTarget => superusers::another_superuser_is_found,
    CountsInactiveSuperusers => superusers::inactive_superusers_do_not_count,
    RemembersSuperusers => superusers::deactivation_and_activation_count,
    CountsServiceAccountsAsPersons => can_act::each_kind_of_user_counts_as_what_it_is,
    CountsInternalServiceAccounts => can_act::each_kind_of_user_counts_as_what_it_is,
    CountsAnonymous => can_act::each_kind_of_user_counts_as_what_it_is,
    StopsAtPersons => can_act::persons_and_service_accounts_are_separate,
    KeepsOldTypes => can_act::changes_of_type_name_and_activity_count,
    KeepsOldNames => can_act::changes_of_type_name_and_activity_count,
    JoinsAsPerson => can_act::joining_counts_by_the_type_then,
    FindsAnyMember => load_directory::superusers_among_direct_members,
    IgnoresExceptions => load_directory::some_memberships_can_be_left_out,
    ExceptsUsersEverywhere => load_directory::some_memberships_can_be_left_out,
    ForgetsNamedUsers => load_directory::members_of_a_group_and_named_users,
    LoadsOnlyActiveMembers => load_directory::members_of_a_group_and_named_users,
    IgnoresTheMemberLimit => load_directory::members_are_limited,
    LimitsBeforeOrdering => load_directory::members_are_limited,
    InsertsPersons => user_provisioning::an_inserted_user_counts_as_what_it_is,
    ReusesUuids => user_provisioning::uuids_are_unique,
    ReusesIds => user_provisioning::ids_are_not_reused,
    DeletesAnyRevision => user_provisioning::a_deletion_compares_the_revision,
    ProvisionsUnguarded => group_provisioning::guards_hold_for_groups,
    DatesNoChildren => group_provisioning::a_group_is_deleted,
    ForgetsParents => group_provisioning::a_group_is_inserted,
    WritesMemberEventsLater => group_provisioning::a_dropped_group_write_is_whole_or_nothing,
    WritesNoMemberRows => members::members_join_and_leave_with_the_group,
    DatesNoMembers => members::members_join_and_leave_with_the_group,
    WritesNoMemberEvents => members::members_join_and_leave_with_the_group,
    WritesMembershipsBeforeTheGroup => members::a_new_group_takes_members,
    SkipsUnchangedMemberships => members::a_membership_that_does_not_change_is_harmless,
    IgnoresMemberRevisions => members::a_member_of_another_revision_leaves_no_trace,
    CascadesOverMembers => members::a_forgotten_member_keeps_the_group,
    WritesMembersFirst => members::members_are_bound_to_the_group_write,
    ComparesTheActorTooLate => members::the_actor_may_be_a_member,
    CutsManyMembers => members::a_thousand_members_at_once,
    FoldsNothing => claims::folded_names_of_others_are_taken,
    IgnoresClaims => claims::a_claimed_name_leaves_no_trace,
    ClaimsUsernamesAlone => claims::a_claimed_name_leaves_no_trace,
    AllowsNoTwins => claims::twins_are_possible,
    ChecksClaimsThenWrites => claims::one_of_many_claims_a_name,
    InsertsUnclaimed => claims::inserted_and_deleted_users_claim,
    ForgetsAddresses => claims::inserted_and_deleted_users_claim,
    KeepsTheEpoch => sessions::a_change_that_ends_sessions_renews_the_epoch,
    EndsSessionsWithEachUpdate => sessions::a_change_that_ends_sessions_renews_the_epoch,
    KeepsEpochsOfMembers => sessions::member_changes_end_sessions,
    LoginsAreUpdates => sessions::a_login_writes_nothing_else,
    LoginsIgnoreUuids => sessions::a_login_writes_nothing_else,
    KeepsSessionsOfInactiveUsers => sessions::an_active_user_has_an_epoch,
    CachesEpochs => sessions::an_active_user_has_an_epoch,
    ClaimsToHaveImported => import::a_store_with_rows_rejects_imports,
    ImportsHalfIntoNonEmpty => import::a_store_with_rows_rejects_imports,
    ImportsTwins => import::bad_rows_leave_no_trace,
    ImportsWithoutMovingIds => import::the_next_id_is_above_all,
    ImportsWithoutMovingCounters => import::an_import_moves_the_counters,
    IgnoresTheScope => user_lists::a_scope_is_a_bound,
    ComparesPathsOfScopesByText => scopes::users_by_path_and_group,
    IgnoresPathsOfScopes => scopes::users_by_path_and_group,
    IgnoresGroupsOfScopes => scopes::users_by_path_and_group,
    IgnoresPathsOfMemberScopes => scopes::members_by_path_and_group,
    CountsAnonymousInLists => user_lists::anonymous_is_never_listed,
    CountsThePage => user_lists::pages_follow_one_another,
    CountsOnlyUpwards => user_lists::the_count_follows_users,
    SkipsWholePages => user_lists::pages_follow_one_another,
    ReversesTies => user_lists::every_order,
    OrdersByOneColumn => user_lists::every_order,
    FoldsCaseInOrder => user_lists::every_order,
    OrdersByUtf16 => user_lists::every_order,
    PutsNullsFirst => user_lists::every_order,
    OrdersByABeginning => user_lists::order_of_long_texts,
    ListsInTwoSteps => user_lists::a_page_is_read_in_one_moment,
    FoldsCaseInFilters => filters::texts_are_compared_byte_for_byte,
    TakesPrefixesForPatterns => filters::path_prefixes,
    AsksForOneSetOfGroups => filters::direct_memberships,
    AsksForAllGroups => filters::direct_memberships,
    RepeatsMembers => filters::direct_memberships,
    InheritsTheFlag => filters::direct_memberships,
    InheritsNothing => filters::superusers_by_inheritance,
    MeetsAnyCondition => filters::attributes_meet_conditions,
    TakesNullForAbsent => filters::attributes_meet_conditions,
    SearchesForAnyWord => filters::words_are_searched,
    SearchesAsciiOnly => filters::words_are_searched,
    SearchesWithFullCases => filters::words_are_searched,
    SearchesNoAttributes => filters::words_are_searched,
    ReachesTheBound => times::times_are_compared,
    TakesAMissingTimeForTheFirst => times::times_are_compared,
    IgnoresParents => group_lists::group_filters,
    IgnoresTheScopeOfPaths => filters::paths_of_users,
    IgnoresTheFilterOfPaths => filters::paths_of_users,
    TrimsPaths => filters::paths_of_users,
    BoundsNoPaths => filters::paths_of_users,
    ForgetsParentNames => group_lists::a_group_comes_with_parent_and_members,
    HidesInactiveMembers => group_lists::a_group_comes_with_parent_and_members,
    IgnoresTheScopeOfGroups => group_lists::group_filters,
    ReadsMembersUnasked => group_lists::members_come_as_the_query_asks,
    IgnoresTheMemberScope => group_lists::members_come_as_the_query_asks,
    IgnoresThePageSize => page_size::a_page_of_users_is_bounded,
    CutsLargePages => page_size::a_page_of_users_is_bounded,
    CountsNoLargePages => page_size::a_page_of_users_is_bounded,
    MeasuresNoGroups => page_size::a_page_of_users_is_bounded,
    MeasuresNoRows => page_size::rows_count_towards_the_size,
    MeasuresNoMembers => page_size::a_page_of_groups_is_bounded,
    MeasuresUnreadMembers => page_size::a_page_of_groups_is_bounded,
    ReadsAllAttributes => page_size::attributes_are_read_on_request,
}

#[test]
fn every_mutant_is_detected_by_its_case() {
    let mut table = String::new();
    let mut wrong = Vec::new();
    for Mutant { name, case, on_broken, on_unmodified } in MUTANTS {
        // The case must pass on the unmodified store, otherwise it detects the wrapper.
        let unmodified = run(*on_unmodified);
        if unmodified != Verdict::Passed {
            wrong.push(format!("{case} on the unmodified store: {unmodified:?}"));
        }
        match run(*on_broken) {
            Verdict::Failed(says) => {
                if *name == "WritesTheEventLater" {
                    eprintln!("{says}");
                }
                let says = says.lines().next().unwrap_or_default();
                writeln!(table, "{name:<26} → {case:<59} {says}").expect("text can be written");
            }
            other => wrong.push(format!("{name} survives {case}: {other:?}")),
        }
    }
    // Bypasses the test runner, which hides the output of passing tests.
    write!(io::stdout().lock(), "\n{table}").expect("standard output is open");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Store authors run only listed cases.
#[test]
fn every_mutant_has_a_unique_name_and_a_listed_case() {
    let listed: BTreeSet<_> = [STORE_CASES, PROVISIONING_CASES, SESSION_CASES, IMPORT_CASES, LIST_CASES]
        .concat()
        .into_iter()
        .collect();
    for mutant in MUTANTS {
        assert!(listed.contains(mutant.case), "{}", mutant.case);
    }
    let names: BTreeSet<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), MUTANTS.len(), "duplicate mutant");
}
