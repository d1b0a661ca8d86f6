//! Complete requests, several in a row. The first byte selects the policy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use userbook_fuzz::{Before, Fixture, check, messages};

fuzz_target!(|input: &[u8]| {
    let Some((policy, input)) = input.split_first() else { return };
    let fixture = Fixture::new(*policy != b'r');
    for message in messages(input) {
        let before = Before::of(&fixture);
        let answer = fixture.send(message.request());
        check(&fixture, &before, &message, &answer);
    }
});
