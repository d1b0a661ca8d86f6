//! Repeats one piece of work for callgrind: `instructions WORK TIMES`. `measure/instructions.rs` runs this program.

use userbook::UserId;
use userbook_benches::{
    Failure,
    baseline::{handwritten::Handwritten, locked_map::LockedMap},
    directory::rows,
    measure::{load_and_commit, new_name, rename},
    traffic,
};

const USERS: i64 = 100;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let work = arguments.next().ok_or("what?")?;
    let times: i64 = arguments.next().ok_or("how often?")?.parse()?;
    // First every user, then every user in the other variant.
    let turns = (0..times).map(|n| (1 + n % USERS, n / USERS % 2 == 0));
    let api = traffic::api(USERS)?;
    match work.as_str() {
        "pipeline" => {
            for (user, variant) in turns {
                traffic::send(&api, traffic::request(user, traffic::put_without_join(user, variant))?)?;
            }
        }
        "joins" => {
            for (user, variant) in turns {
                traffic::send(&api, traffic::request(user, traffic::typical_put(user, variant))?)?;
            }
        }
        "handwritten" => {
            let by_hand = Handwritten::new(&rows(USERS));
            for (user, variant) in turns {
                by_hand
                    .put(user, &traffic::put_without_join(user, variant))
                    .ok_or("the baseline rejected the request")?;
            }
        }
        // The setup of the other three.
        "bodies" => turns.for_each(|(user, variant)| drop(traffic::put_without_join(user, variant))),
        "memory" => {
            for (n, (user, _)) in (0..).zip(turns) {
                load_and_commit(api.service().store(), user, n)?;
            }
        }
        "map" => {
            let map = LockedMap::new(&rows(USERS));
            for (n, (user, _)) in (0..).zip(turns) {
                let (found, ..) = map.load(UserId(user), &new_name(user, n)).ok_or("the user is missing")?;
                if !map.commit(&rename(&found, n)?) {
                    return Err("unexpected conflict".into());
                }
            }
        }
        other => return Err(format!("{other:?} is no work").into()),
    }
    Ok(())
}
