//! So many typical PUTs through wire, decision and memory store: what callgrind counts, see
//! [`userbook_benches::measure`].

use userbook_benches::{Failure, traffic};

const USERS: i64 = 100;

fn main() -> Result<(), Failure> {
    let updates: i64 = std::env::args().nth(1).ok_or("how many updates?")?.parse()?;
    let api = traffic::api(USERS)?;
    for n in 0..updates {
        let (user, variant) = (1 + n % USERS, n / USERS % 2 == 0);
        traffic::send(&api, traffic::request(user, traffic::typical_put(user, variant))?)?;
    }
    Ok(())
}
