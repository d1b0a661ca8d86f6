//! One authorizer call of a typical PUT (view, change, nine fields, one group to join): policies and permissions,
//! measured alternately so that other load affects both. Prints the ratio of the medians.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "prints ratios of small numbers")]

use std::{error::Error, hint::black_box, path::Path, time::Instant};

use userbook::{
    Actor, Authorizer, Field, PermissionAuthorizer, StaticPermissions, UserId,
    authz::{Check, Facts, Permission, Resource},
    store::{ActorState, Epochs, Snapshot},
};
use userbook_benches::{group, group_id, user};
use userbook_cedar::CedarAuthorizer;

const WARM_UP: usize = 100;
const ROUNDS: usize = 2001;

fn snapshot() -> Snapshot {
    let actor = user(1, true, [group_id(0x1e)]);
    Snapshot {
        actor: Some(ActorState::from(&actor)),
        user: Some(user(7, true, [group_id(1), group_id(2)])),
        groups: [1, 2, 3, 4, 0x1e].into_iter().map(|number| group(number, false)).collect(),
        username_taken: false,
        login_taken: false,
        email_taken: false,
        other_superusers: None,
        epochs: Epochs::default(),
        change_committed: false,
    }
}

fn checks() -> Vec<Check> {
    let fields = Field::ALL.map(Check::Set);
    [Check::View, Check::Change].into_iter().chain(fields).chain([Check::Join(group_id(3))]).collect()
}

/// Returns the time of one call in nanoseconds.
async fn call(
    authorizer: &dyn Authorizer,
    snapshot: &Snapshot,
    checks: &[Check],
) -> Result<u128, Box<dyn Error>> {
    let actor = Actor::user(UserId(1));
    let user = snapshot.user.as_ref().ok_or("there is a user")?;
    let facts = Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() };
    let resource = Resource::User(user, facts);
    let start = Instant::now();
    let verdicts = authorizer.authorize(&actor, black_box(resource), black_box(checks)).await?;
    let time = start.elapsed().as_nanos();
    assert_eq!(verdicts.verdicts.len(), checks.len());
    black_box(verdicts);
    Ok(time)
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

async fn measure(name: &str, cedar: CedarAuthorizer) -> Result<(), Box<dyn Error>> {
    let granted = StaticPermissions::none()
        .grant(UserId(1), Permission::ViewUser)
        .grant(UserId(1), Permission::ChangeUser);
    let authorizers: [&dyn Authorizer; 2] = [&PermissionAuthorizer::new(granted), &cedar];
    let (snapshot, checks) = (snapshot(), checks());
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for round in 0..WARM_UP + ROUNDS {
        for (authorizer, times) in authorizers.iter().zip(&mut times) {
            let time = call(*authorizer, &snapshot, &checks).await?;
            if round >= WARM_UP {
                times.push(time);
            }
        }
    }
    let [permissions, policies] = times.map(median);
    let ratio = policies as f64 / permissions as f64;
    println!("{name:<22} permissions: {permissions:>7} ns   policies: {policies:>8} ns   ratio {ratio:.0}");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` only checks that the benchmark builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/userbook-cedar/policies");
        for name in ["superusers", "help_desk", "self_service", "group_administrators"] {
            measure(name, CedarAuthorizer::read(&folder.join(format!("{name}.cedar")))?).await?;
        }
        Ok(())
    })
}
