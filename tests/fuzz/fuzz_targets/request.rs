//! Whole requests, several in a row, through the endpoint. The first byte chooses the policy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use userbook_fuzz::{Before, Scene, check, messages};

fuzz_target!(|input: &[u8]| {
    let Some((policy, input)) = input.split_first() else { return };
    let scene = Scene::new(*policy != b'r');
    for message in messages(input) {
        let before = Before::of(&scene);
        let answer = scene.send(message.request());
        check(&scene, &before, &message, &answer);
    }
});
