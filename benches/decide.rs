//! The pure decision: a typical PUT (nine fields, three groups), a PUT with every field invalid, and an unchanged PUT.

use divan::{Bencher, black_box};
use serde_json::json;
use userbook::{
    Actor, Field, Policy, Timestamp, UserType, UserUpdate,
    authz::{Check, CheckResults, Verdict},
    decision::{Attempt, Conditions, Context, Decision, NoRules, UpdateAccess, decide},
    model::ChangeId,
    store::{Epochs, Snapshot},
    update::FieldOps,
};
use userbook_benches::{group, group_id, user};
use uuid::Uuid;

fn main() {
    divan::main();
}

fn snapshot() -> Snapshot {
    Snapshot {
        user: Some(user(7, true, [group_id(1), group_id(2)])),
        groups: (1..=4).map(|number| group(number, false)).collect(),
        username_taken: false,
        login_taken: false,
        email_taken: false,
        actor: None,
        other_superusers: None,
        epochs: Epochs::default(),
        change_committed: false,
    }
}

fn results() -> CheckResults {
    let fields = Field::ALL.map(Check::Set);
    let groups = (1..=4).flat_map(|n| [Check::Join(group_id(n)), Check::ViewGroup(group_id(n))]);
    let checks: Vec<Check> = [Check::View, Check::Change].into_iter().chain(fields).chain(groups).collect();
    let verdicts = checks.iter().map(|_| Verdict::Allow).collect();
    CheckResults::new(checks, verdicts)
}

fn typical() -> UserUpdate {
    UserUpdate::replace()
        .username("ada")
        .name("Ada Lovelace")
        .is_active(true)
        .last_login(Timestamp::UNIX_EPOCH)
        .groups([group_id(2), group_id(3), group_id(4)])
        .email("ada@example.com")
        .attributes(json!({"team": "blue", "settings": {"locale": "en"}}))
        .path("staff/eu")
        .user_type(UserType::External)
}

fn faulty() -> UserUpdate {
    UserUpdate::replace().username("").groups([group_id(9)]).email("nowhere").attributes(json!([])).path("/")
}

fn same() -> UserUpdate {
    let user = user(7, true, []);
    UserUpdate::replace()
        .username(user.username)
        .name(user.name)
        .groups([group_id(1), group_id(2)])
        .email(user.email)
        .attributes(user.attributes)
        .path(user.path)
}

fn run(bencher: Bencher<'_, '_>, update: &UserUpdate, expected: impl Fn(&Decision) -> bool) {
    let (snapshot, results, policy) = (snapshot(), results(), Policy::hardened());
    let (actor, conditions) = (Actor::system(), Conditions::none());
    let user = snapshot.user.as_ref().expect("there is a user");
    let ops = update.resolve(user, &snapshot.groups, &policy, &|_| true).map(std::borrow::Cow::into_owned);
    let ops: Result<&FieldOps, _> = ops.as_ref();
    let attempt = Attempt {
        snapshot: &snapshot,
        ops,
        access: UpdateAccess::Change,
        conditions: &conditions,
        context: Context {
            actor: &actor,
            results: &results,
            policy: &policy,
            rules: &NoRules,
            allow_self_lockout: false,
            now: Timestamp::UNIX_EPOCH,
            change: ChangeId(Uuid::nil()),
            request_id: None,
        },
    };
    let decision = decide(&attempt);
    assert!(expected(&decision), "{decision:?}");
    bencher.bench(|| decide(black_box(&attempt)));
}

#[divan::bench]
fn typical_put(bencher: Bencher<'_, '_>) {
    run(bencher, &typical(), |decision| matches!(decision, Decision::Commit(_)));
}

#[divan::bench]
fn faulty_put(bencher: Bencher<'_, '_>) {
    run(bencher, &faulty(), |decision| matches!(decision, Decision::Reject(_)));
}

#[divan::bench]
fn unchanged_put(bencher: Bencher<'_, '_>) {
    run(bencher, &same(), |decision| matches!(decision, Decision::Unchanged(_)));
}
