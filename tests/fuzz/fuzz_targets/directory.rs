//! Complete requests to lists, groups, creation and deletion, several in a row. The first byte selects policy and
//! release.
#![no_main]

use libfuzzer_sys::fuzz_target;
use userbook_fuzz::{Directory, messages};
use userbook_http::Release;

fuzz_target!(|input: &[u8]| {
    let Some((choice, input)) = input.split_first() else { return };
    let release = if choice & 2 == 0 { Release::V2025_2 } else { Release::V2026_8 };
    let directory = Directory::new(choice & 1 == 0, release);
    for message in messages(input) {
        directory.check(&message);
    }
});
