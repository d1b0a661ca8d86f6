//! HTTP features beyond the recorded release.

/// An HTTP feature that authentik 2025.2 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Extension {
    /// `application/merge-patch+json` on PATCH (RFC 7396).
    MergePatch,
    /// `application/json-patch+json` on PATCH (RFC 6902).
    JsonPatch,
    /// `application/problem+json` for errors (RFC 9457).
    ProblemDetails,
    /// `ETag`, `If-Match`, `If-None-Match` (RFC 9110 §13).
    EntityTags,
    /// `?dry_run=true`.
    DryRun,
}

impl Extension {
    /// All extensions.
    pub const ALL: &'static [Self] =
        &[Self::MergePatch, Self::JsonPatch, Self::ProblemDetails, Self::EntityTags, Self::DryRun];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The extensions that an API supports; all by default.
///
/// ```
/// use userbook_http::{Extension, ExtensionSet};
///
/// let extensions = ExtensionSet::all().without(Extension::DryRun);
/// assert!(extensions.contains(Extension::EntityTags) && !extensions.contains(Extension::DryRun));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionSet(u8);

impl ExtensionSet {
    /// Every extension.
    #[must_use]
    pub const fn all() -> Self {
        Self::none()
            .with(Extension::MergePatch)
            .with(Extension::JsonPatch)
            .with(Extension::ProblemDetails)
            .with(Extension::EntityTags)
            .with(Extension::DryRun)
    }

    /// No extension: only the behaviour of the recorded release.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Adds an extension.
    #[must_use]
    pub const fn with(self, extension: Extension) -> Self {
        Self(self.0 | extension.bit())
    }

    /// Removes an extension.
    #[must_use]
    pub const fn without(self, extension: Extension) -> Self {
        Self(self.0 & !extension.bit())
    }

    /// Returns whether the set contains an extension.
    pub const fn contains(self, extension: Extension) -> bool {
        self.0 & extension.bit() != 0
    }
}

impl Default for ExtensionSet {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_extensions_are_the_sum_of_each() {
        let each = Extension::ALL.iter().fold(ExtensionSet::none(), |set, one| set.with(*one));
        assert_eq!(each, ExtensionSet::all());
        assert_ne!(each, ExtensionSet::all().without(Extension::DryRun));
    }

    #[test]
    fn each_extension_is_switched_by_itself() {
        for extension in Extension::ALL {
            let alone = ExtensionSet::none().with(*extension);
            let others = ExtensionSet::all().without(*extension);
            for other in Extension::ALL {
                assert_eq!(alone.contains(*other), other == extension);
                assert_eq!(others.contains(*other), other != extension);
            }
        }
    }
}
