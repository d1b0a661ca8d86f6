//! Under `Policy::hardened()` all but a listed handful of recorded requests still get the recorded answer.

use std::{collections::BTreeMap, sync::Arc};

use userbook::{ImportStore, Policy};
use userbook_memory::MemoryStore;
use userbook_tests::{corpus, replay::replay};

/// Why an answer differs, and what it says then.
struct Departure {
    reason: &'static str,
    says: &'static str,
    cases: &'static [&'static str],
}

/// Every case that differs. A difference that is not listed fails, and so does a listed one that is none.
const DEPARTURES: &[Departure] = &[
    Departure {
        reason: "giving superuser status needs the right to (CVE-2026-40172, GHSA-h6c5-mpvq-j4jc)",
        says: "\"code\":\"grants_superuser\"",
        cases: &[
            "who/escalate-other-to-superuser-group",
            "random/011",
            "random/021",
            "random/053",
            "random/056",
            "random/063",
            "random/085",
            "random/090",
        ],
    },
    Departure {
        reason: "only superusers change what identifies a superuser: an e-mail takes an account over",
        says: "\"code\":\"protected_superuser\"",
        cases: &["random/006"],
    },
    Departure {
        reason: "nobody becomes an internal service account (authentik #23848)",
        says: "Setting a user to internal service account is not allowed.",
        cases: &[
            "type/internal-service",
            "type/internal-to-internal_service_account",
            "type/external-to-internal_service_account",
            "type/service_account-to-internal_service_account",
        ],
    },
    Departure {
        reason: "a new e-mail address must satisfy RFC 5321 too: local parts of at most 64 octets",
        says: "\"email\":[\"Enter a valid email address.\"]",
        cases: &["email/local-65", "patch/email-local-65", "random/033", "random/075"],
    },
    Departure {
        reason: "nobody locks themselves out without saying that they mean it",
        says: "unless you ask for it explicitly",
        cases: &["who/self-deactivate-superuser", "who/self-update-superuser-drops-own-admin-group"],
    },
];

#[test]
fn only_the_listed_answers_differ() {
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
            (Some(departure), false) if !body.contains(departure.says) => {
                wrong.push(format!("{id} differs otherwise: {body}"));
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    wrong.extend(departures.keys().map(|id| format!("{id} is no case")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
