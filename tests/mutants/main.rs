//! The kit kills what it should: stores that are each broken in one way, and for each the case that says so.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod flaws;
mod run;
mod store;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write as _},
};

use userbook_conformance::{DIRECTORY_CASES, LISTING_CASES, SEED_CASES, STORE_CASES, cases};

use run::{Case, Verdict, run};
use store::{Sound, UnderTest};

/// A broken store and the case that finds it out.
struct Mutant {
    name: &'static str,
    case: &'static str,
    on_broken: Case,
    on_sound: Case,
}

macro_rules! mutants {
    ($($flaw:ident => $module:ident::$case:ident,)+) => {
        const MUTANTS: &[Mutant] = &[$(Mutant {
            name: stringify!($flaw),
            case: concat!(stringify!($module), "::", stringify!($case)),
            on_broken: || Box::pin(cases::$module::$case::<UnderTest<flaws::$flaw>>()),
            on_sound: || Box::pin(cases::$module::$case::<UnderTest<Sound>>()),
        }),+];
    };
}

mutants! {
    IgnoresRevision => conflicts::stale_leaves_no_trace,
    ChecksThenWrites => races::one_of_many_wins,
    CallsGoneStale => conflicts::gone_leaves_no_trace,
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
    FoldsCaseInLoad => names::a_taken_name_is_told_byte_for_byte,
    FoldsCaseInCommit => names::a_name_like_another_can_be_taken,
    IgnoresBlanksAtTheEnd => names::a_taken_name_is_told_byte_for_byte,
    TakesOnesOwnNameForTaken => names::keeping_ones_own_name_is_no_conflict,
    SwallowsTheNameClash => conflicts::a_taken_username_leaves_no_trace,
    WritesTheWholeRow => commit::columns_that_are_not_named_keep_what_others_wrote,
    CannotClear => commit::clearing_is_not_keeping,
    ForgetsAColumn => commit::each_column_is_written_alone,
    LosesMicroseconds => values::moments_to_the_microsecond,
    NullsDeepAttributes => values::deep_attributes,
    NarrowsNumbers => values::numbers_by_value,
    MendsAttributes => values::attributes_that_are_no_object,
    TruncatesLongNames => values::long_texts,
    LosesFourByteCharacters => values::text_beyond_the_basic_plane,
    TrimsText => values::blanks_at_the_ends_stay,
    WritesTheEventLater => cancel::a_dropped_commit_is_whole_or_nothing,
    WritesTheEventBefore => outbox::an_event_for_each_applied_change,
    DropsTheEvent => outbox::an_event_for_each_applied_change,
    LoadsInTwoSteps => races::a_load_never_sees_half_a_commit,
    ForgetsWhatLanded => change_committed::a_change_is_found_after_others_followed,
    DeletesWhatWasHandedOn => change_committed::a_change_is_found_after_others_followed,
    PendingComesReversed => outbox::events_of_one_user_come_in_order,
    PendingComesById => outbox::events_of_one_user_come_in_order,
    PendingIgnoresTheLimit => outbox::events_of_one_user_come_in_order,
    AcknowledgesEverything => outbox::acknowledged_events_do_not_wait,
    AcknowledgesUpToACursor => outbox::acknowledged_events_do_not_wait,
    PrunesWhatWaits => outbox::pruning_spares_what_waits,
    PrunesTheYoung => outbox::pruning_spares_what_waits,
    LosesPartsOfEvents => outbox::events_come_back_as_they_went,
    WalksOneGroupTooFew => closure::ancestors_come_up_to_the_bound,
    WalksOneGroupTooMany => closure::ancestors_come_up_to_the_bound,
    WalksNoWayTwice => closure::each_start_counts_by_itself,
    TakesAskedForMembership => closure::unknown_groups_are_left_out,
    HidesInactiveActors => load::the_actor_is_read_in_the_same_moment,
    AnswersUnasked => load::what_was_not_asked_for_is_not_told,
    AlwaysFindsPower => superusers::another_active_superuser_is_found,
    CountsTheUserToo => superusers::another_active_superuser_is_found,
    CountsInactiveSuperusers => superusers::inactive_superusers_have_no_power,
    RemembersPower => superusers::deactivation_takes_power_and_activation_gives_it,
    GivesIdsAgain => people::ids_are_not_given_again,
    DeletesAnyRevision => people::a_deletion_compares_the_revision,
    ProvisionsUnguarded => teams::guards_hold_for_groups,
    ForgetsParents => teams::a_group_is_inserted,
    ClaimsToHaveImported => seed::a_store_with_rows_refuses,
    ImportsHalfIntoNonEmpty => seed::a_store_with_rows_refuses,
    ImportsWithoutMovingIds => seed::the_next_id_is_above_all,
    IgnoresTheScope => lists::a_scope_is_a_bound,
    CountsNobody => lists::nobody_is_never_listed,
    CountsThePage => lists::pages_follow_one_another,
    CountsOnlyUpwards => lists::the_count_follows_people,
    SkipsWholePages => lists::pages_follow_one_another,
    ReversesTies => lists::every_order,
    OrdersByOneColumn => lists::every_order,
    FoldsCaseInOrder => lists::every_order,
    OrdersByUtf16 => lists::every_order,
    PutsNullsFirst => lists::every_order,
    OrdersByABeginning => lists::order_of_long_texts,
    ListsInTwoSteps => lists::a_page_is_read_in_one_moment,
    FoldsCaseInFilters => filters::texts_are_compared_byte_for_byte,
    TakesPrefixesForPatterns => filters::beginnings_of_paths,
    AsksForAllGroups => filters::direct_memberships,
    RepeatsMembers => filters::direct_memberships,
    InheritsTheFlag => filters::direct_memberships,
    ContainsOnlyAtTheTop => filters::attributes_contain_others,
    SearchesForAnyWord => filters::words_are_searched,
    FoldsUnicodeInSearch => filters::words_are_searched,
    ForgetsParentNames => rosters::a_group_comes_with_parent_and_members,
    HidesInactiveMembers => rosters::a_group_comes_with_parent_and_members,
    IgnoresTheScopeOfGroups => rosters::group_filters,
}

#[test]
fn every_mutant_is_killed_by_its_case() {
    let mut table = String::new();
    let mut wrong = Vec::new();
    for Mutant { name, case, on_broken, on_sound } in MUTANTS {
        // Otherwise it would be the wrapper that was killed, or the case that kills everything.
        let sound = run(*on_sound);
        if sound != Verdict::Passed {
            wrong.push(format!("{case} on the sound store: {sound:?}"));
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
    // Past the test runner, which would keep to itself what a test that passes has printed.
    write!(io::stdout().lock(), "\n{table}").expect("standard output is open");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that no list names is run by nobody else.
#[test]
fn every_mutant_has_a_name_and_a_case_that_store_authors_run() {
    let listed: BTreeSet<_> =
        [STORE_CASES, DIRECTORY_CASES, SEED_CASES, LISTING_CASES].concat().into_iter().collect();
    for mutant in MUTANTS {
        assert!(listed.contains(mutant.case), "{}", mutant.case);
    }
    let names: BTreeSet<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), MUTANTS.len(), "a mutant is there twice");
}
