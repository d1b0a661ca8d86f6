//! Under `Policy::hardened()` every recorded request gets the recorded response, except for the listed cases.

use std::{collections::BTreeMap, sync::Arc};

use userbook::{Policy, store::ImportStore};
use userbook_memory::MemoryStore;
use userbook_tests::{corpus, replay::replay};

/// Why a response differs, and a text that it contains.
struct Departure {
    reason: &'static str,
    contains: &'static str,
    cases: &'static [&'static str],
}

/// All differing cases. The test fails for a difference that is not listed and for a listed case without difference.
const DEPARTURES: &[Departure] = &[
    Departure {
        reason: "Escalation: granting superuser status needs that right (CVE-2026-40172, GHSA-h6c5-mpvq-j4jc)",
        contains: "\"code\":\"grants_superuser\"",
        cases: &["random/063"],
    },
    Departure {
        reason: "HideGroups: a group that the caller may not view cannot be joined (Escalation would deny most of these)",
        contains: "object does not exist.",
        cases: &[
            "who/escalate-other-to-superuser-group",
            "who/self-invalid-put-keeps-perms",
            "random/011",
            "random/021",
            "random/053",
            "random/085",
            "random/090",
        ],
    },
    Departure {
        reason: "HideGroups: a group that the caller may not view is not shown with its members",
        contains: "\"groups_obj\":[]",
        cases: &[
            "who/global-view-only-get",
            "who/global-view-change-put",
            "who/global-view-change-patch",
            "who/object-view-change-put",
            "who/object-view-only-get",
            "who/global-view-object-change",
            "who/object-view-global-change",
            "users-who/object-count",
            "users-who/object-groups-shown",
        ],
    },
    Departure {
        reason: "HideGroups: a group that the caller may not view is no choice of a filter",
        contains: "Select a valid choice. staff is not one of the available choices.",
        cases: &["users-who/object-group-filter"],
    },
    Departure {
        reason: "HideMembers: a group shows only members that the caller may view",
        contains: "\"users\":[]",
        cases: &["groups-who/global-view", "group-who/object-view-parent-unseen"],
    },
    Departure {
        reason: "InheritedSuperuserFilter: a superuser through an ancestor of a group is a superuser",
        contains: "\"count\":3",
        cases: &["users-filter/is_superuser-True"],
    },
    Departure {
        reason: "InheritedSuperuserFilter: a superuser through an ancestor of a group is not another user",
        contains: "\"count\":12",
        cases: &["users-filter/is_superuser-False"],
    },
    Departure {
        reason: "ProtectPrivileged: only superusers change a superuser's identity, type or path",
        contains: "\"code\":\"protected_superuser\"",
        cases: &["random/006", "random/056"],
    },
    Departure {
        reason: "InternalServiceAccount: no user becomes an internal service account (authentik #23848)",
        contains: "Setting a user to internal service account is not allowed.",
        cases: &[
            "type/internal-service",
            "type/internal-to-internal_service_account",
            "type/external-to-internal_service_account",
            "type/service_account-to-internal_service_account",
        ],
    },
    Departure {
        reason: "RfcEmail: a new address satisfies RFC 5321: local parts of at most 64 octets, tagged IPv6 literals",
        contains: "\"email\":[\"Enter a valid email address.\"]",
        cases: &[
            "email/local-65",
            "email/ipv6-bare-literal",
            "patch/email-local-65",
            "random/033",
            "random/075",
        ],
    },
    Departure {
        reason: "RfcEmail: an IPv6 literal with its tag is valid (RFC 5321 section 4.1.3)",
        contains: "\"email\":\"carol@[IPv6:::1]\"",
        cases: &["email/ipv6-literal", "patch/email-ipv6-literal", "random/083"],
    },
    Departure {
        reason: "DistinctLogins: a username does not differ from another one by case alone",
        contains: "This field must be unique.",
        cases: &["username/case-of-other", "patch/username-case-of-other"],
    },
    Departure {
        reason: "PlainNames: new names and paths contain no control character, usernames and paths no format character",
        contains: " is not allowed",
        cases: &[
            "username/zwsp-kept",
            "username/ctrl-01",
            "username/newline-inside",
            "username/del",
            "username/bom-char",
            "name/newline-inside",
            "name/ctrl-in-second-letter-far",
            "patch/name-ctrl-in-second-letter-far",
            "path/newline",
            "random/018",
            "random/024",
            "random/035",
            "random/050",
            "random/066",
        ],
    },
    Departure {
        reason: "limits: a name or path has at most 1,024 characters",
        contains: "Ensure this field has no more than 1024 characters.",
        cases: &["name/long-5000", "path/long"],
    },
    Departure {
        reason: "SelfLockout: callers lock themselves out only with an explicit confirmation",
        contains: "Confirm explicitly to deactivate yourself",
        cases: &[
            "who/self-deactivate-superuser",
            "who/self-update-superuser-drops-own-admin-group",
            "remove_user/last-admin",
        ],
    },
];

#[test]
fn only_the_listed_responses_differ() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut departures: BTreeMap<&str, &Departure> = BTreeMap::new();
    for departure in DEPARTURES {
        departures.extend(departure.cases.iter().map(|id| (*id, departure)));
    }
    let mut wrong = Vec::new();
    for case in corpus::recorded() {
        let (faults, body) = runtime.block_on(async {
            let store = Arc::new(MemoryStore::new());
            store.import(&case.given.import()).await.unwrap();
            replay(&case, store, Policy::hardened()).await
        });
        let id = case.recorded.id.as_str();
        let body = String::from_utf8_lossy(&body);
        match (departures.remove(id), faults.is_empty()) {
            (None, false) => wrong.push(format!("{id} differs: {body}")),
            (Some(departure), true) => wrong.push(format!("{id} does not differ: {}", departure.reason)),
            (Some(departure), false) if !body.contains(departure.contains) => {
                wrong.push(format!("{id} differs otherwise: {body}"));
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    wrong.extend(departures.keys().map(|id| format!("{id} is no case")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
