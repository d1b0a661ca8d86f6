//! Under `Policy::hardened()` every recorded request of the life cycle gets the recorded response and leaves the
//! recorded rows, except for the listed cases.

use std::collections::BTreeMap;

use actix_web::rt::System;
use userbook::Policy;
use userbook_tests::{
    fixture::{Kind, store_with},
    lifecycle::{Way, cases, replay},
};

/// Why a case differs, and a text of its response.
struct Departure {
    reason: &'static str,
    contains: &'static str,
    cases: &'static [&'static str],
}

/// All differing cases. The test fails for a difference that is not listed and for a listed case without difference.
const DEPARTURES: &[Departure] = &[
    Departure {
        reason: "SelfLockout: callers delete the own account, or what makes them superusers, only with a confirmation",
        contains: "Confirm explicitly to deactivate yourself",
        cases: &[
            "user-delete/self",
            "user-delete/who-delete-self",
            "group-patch/own-admins-emptied",
            "group-delete/own-admins",
        ],
    },
    Departure {
        reason: "Escalation: a group write grants superuser status only by that right (CVE-2026-40172)",
        contains: "\"code\":\"grants_superuser\"",
        cases: &[
            "group-create/who-add-superuser",
            "group-put/who-enable-without",
            "group-put/who-join-super-group",
            "group-patch/who-parent-super-without",
            "group-patch/who-join-super-group",
        ],
    },
    Departure {
        reason: "Demotion: a group write revokes superuser status only by the right to grant",
        contains: "\"code\":\"revokes_superuser\"",
        cases: &[
            "group-put/who-disable-with",
            "group-patch/who-disable-with",
            "group-patch/who-disable-without",
            "group-delete/who-super-group",
        ],
    },
    Departure {
        reason: "HideMembers: a user that the caller may not view does not join a group",
        contains: "object does not exist.",
        cases: &["group-create/who-add-with-users"],
    },
    Departure {
        reason: "HideMembers: members that the caller may not view are not shown, and stay",
        contains: "\"users\":[]",
        cases: &[
            "group-put/who-view-change",
            "group-patch/who-enable-with",
            "group-patch/who-enable-with-object",
        ],
    },
    Departure {
        reason: "NoGroupCycles: a group does not become its own ancestor",
        contains: "A group can't be its own ancestor.",
        cases: &["group-patch/parent-child-cycle"],
    },
    Departure {
        reason: "ChildGroups: deleting a group needs the right to change its child groups",
        contains: "\"code\":\"child_groups\"",
        cases: &["group-delete/who-object"],
    },
    Departure {
        reason: "PlainNames: a service account has a name like any other user",
        contains: "This field may not be blank.",
        cases: &["service-account/empty-name"],
    },
];

#[test]
fn only_the_listed_cases_differ() {
    let mut departures: BTreeMap<&str, &Departure> = BTreeMap::new();
    for departure in DEPARTURES {
        departures.extend(departure.cases.iter().map(|id| (*id, departure)));
    }
    let mut wrong = Vec::new();
    System::new().block_on(async {
        for case in cases().iter().filter(|case| super::is_replayed(case)) {
            let store = store_with(Kind::Memory, &case.case.given.import()).await;
            let (faults, body) = replay(case, store, Policy::hardened(), Way::Bare).await;
            let id = case.case.recorded.id.as_str();
            let body = String::from_utf8_lossy(&body);
            match (departures.remove(id), faults.is_empty()) {
                (None, false) => wrong.push(format!("{id} differs: {} {body}", faults.join("; "))),
                (Some(departure), true) => wrong.push(format!("{id} does not differ: {}", departure.reason)),
                (Some(departure), false) if !body.contains(departure.contains) => {
                    wrong.push(format!("{id} differs otherwise: {body}"));
                }
                (None, true) | (Some(_), false) => {}
            }
        }
    });
    wrong.extend(departures.keys().map(|id| format!("{id} is no case")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
