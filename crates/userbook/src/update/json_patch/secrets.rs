//! Secret attributes must stay in their location, because a copy under another key would appear in events.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde_json::Value;

use crate::policy::Policy;

/// Returns whether a copy from `from` to `to` takes a secret attribute to another location.
pub(super) fn leaks(policy: &Policy, attributes: &Value, from: &Pointer, to: &Pointer) -> bool {
    let mut secrets = policy.secret_attributes().filter_map(|path| locate(attributes, path));
    secrets.any(
        |secret| {
            if from.starts_with(&secret) { !to.starts_with(&secret) } else { secret.starts_with(from) }
        },
    )
}

/// Returns the location of the secret; `None` if the attributes do not contain it. A path that ends at a list or a
/// scalar makes the whole value secret, as in events.
fn locate(attributes: &Value, path: &[String]) -> Option<PointerBuf> {
    let mut pointer = PointerBuf::from_tokens(["attributes"]);
    let mut value = attributes;
    for key in path {
        let Value::Object(members) = value else { break };
        value = members.get(key)?;
        pointer.push_back(key.as_str());
    }
    Some(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_do_not_leave_their_place() {
        let policy = Policy::hardened().with_secret_attribute(["mfa", "seed"]).with_secret_attribute(["a/b"]);
        let attributes = json!({"mfa": {"seed": {"x": 1}, "kind": 2}, "a/b": 3, "open": 4});
        for (from, to, expected) in [
            ("/attributes/mfa/seed", "/attributes/x", true),
            ("/attributes/mfa/seed/x", "/attributes/x", true),
            ("/attributes/mfa/seed", "/name", true),
            ("/attributes/mfa", "/attributes/x", true),
            ("/attributes/mfa", "/attributes/mfa/kind", true),
            ("/attributes", "/attributes/x", true),
            ("/attributes/a~1b", "/attributes/x", true),
            ("/attributes/mfa/seed/x", "/attributes/mfa/seed/y", false),
            ("/attributes/mfa/seed", "/attributes/mfa/seed", false),
            ("/attributes/mfa/kind", "/attributes/x", false),
            ("/attributes/mfa/seeds", "/attributes/x", false),
            ("/attributes/open", "/attributes/mfa/seed", false),
            ("/name", "/attributes/x", false),
        ] {
            let pointer = |text| Pointer::parse(text).unwrap();
            assert_eq!(leaks(&policy, &attributes, pointer(from), pointer(to)), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_path_that_meets_a_list_makes_the_list_secret() {
        let policy = Policy::hardened().with_secret_attribute(["mfa", "seed"]);
        let from = Pointer::parse("/attributes/mfa/0").unwrap();
        let to = Pointer::parse("/attributes/x").unwrap();
        assert!(leaks(&policy, &json!({"mfa": ["s"]}), from, to));
        assert!(!leaks(&policy, &json!({"mfa": {"0": "s"}}), from, to));
        assert!(!leaks(&policy, &json!({"other": ["s"]}), from, to));
    }
}
