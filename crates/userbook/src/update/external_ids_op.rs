//! The requested change of external ids.

use std::collections::BTreeMap;

use super::Op;
use crate::{
    field::{ExternalId, FieldErrors},
    model::{ExternalIds, ExternalSource},
    violation::ViolationKind,
};

/// The change of external ids, for each source by itself: sources that the request does not name stay, concurrent
/// changes of them included.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExternalIdsOp {
    /// A set source manages the object, with the identifier or without; null removes the source.
    sources: BTreeMap<ExternalSource, Op<Option<ExternalId>>>,
}

impl ExternalIdsOp {
    /// Returns whether the request names no source.
    pub fn is_keep(&self) -> bool {
        self.sources.is_empty()
    }

    /// Lets the source manage the object, with this identifier or without.
    pub fn set(&mut self, source: ExternalSource, identifier: Option<&str>) {
        self.sources.insert(source, identifier.map(ExternalId::parse).transpose().into());
    }

    /// Removes the source.
    pub fn remove(&mut self, source: ExternalSource) {
        self.sources.insert(source, Op::Null);
    }

    /// Returns the external ids after the change.
    ///
    /// # Errors
    /// All violations of the change.
    pub fn applied(&self, before: &ExternalIds) -> Result<ExternalIds, FieldErrors> {
        let (mut after, mut faults) = (before.clone(), Vec::new());
        for (source, op) in &self.sources {
            match op {
                Op::Keep => {}
                Op::Null => after.remove(source),
                Op::Set(identifier) => after.insert(source.clone(), identifier.clone().map(String::from)),
                Op::Faulty(errors) => faults.extend(errors.iter().cloned()),
            }
        }
        let (limit, count) = (ExternalIds::MAX_SOURCES, after.len());
        // A stored object with more sources may lose some.
        if count > limit && count > before.len() {
            faults.push(ViolationKind::TooManySources { limit, count });
        }
        FieldErrors::new(faults).map_or(Ok(after), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: usize) -> ExternalSource {
        format!("s{n}").parse().unwrap()
    }

    fn with(count: usize) -> ExternalIds {
        (0..count).map(|n| (source(n), Some(n.to_string()))).collect()
    }

    #[test]
    fn each_source_changes_by_itself() {
        let mut op = ExternalIdsOp::default();
        assert!(op.is_keep());
        assert_eq!(op.applied(&with(3)), Ok(with(3)));
        op.set(source(0), Some("new"));
        op.set(source(1), None);
        op.remove(source(2));
        op.remove(source(9));
        let after = op.applied(&with(4)).unwrap();
        let expected = [(source(0), Some("new".into())), (source(1), None), (source(3), Some("3".into()))];
        assert_eq!(after, expected.into_iter().collect());
    }

    #[test]
    fn all_violations_are_reported() {
        let mut op = ExternalIdsOp::default();
        op.set(source(16), Some(""));
        op.set(source(17), Some("\0"));
        op.set(source(18), None);
        let limit = ViolationKind::TooManySources { limit: 16, count: 17 };
        let faults = op.applied(&with(16)).unwrap_err().into_vec();
        assert_eq!(faults, [ViolationKind::Blank, ViolationKind::NullCharacter, limit]);
        let mut less = ExternalIdsOp::default();
        less.remove(source(0));
        assert_eq!(less.applied(&with(20)).unwrap().len(), 19);
    }
}
