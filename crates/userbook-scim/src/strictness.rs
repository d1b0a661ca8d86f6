//! What requests may look like.

/// Which deviations from the RFCs the provider accepts. It has no effect on rights, safeguards and limits.
///
/// ```
/// use userbook_scim::Strictness;
///
/// assert_eq!(Strictness::default(), Strictness::lenient());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    is_lenient: bool,
}

impl Strictness {
    /// RFC 7643 and RFC 7644 to the letter.
    pub const fn strict() -> Self {
        Self { is_lenient: false }
    }

    /// Also the deviations of Entra, Okta, Google, OneLogin and JumpCloud:
    ///
    /// - `op` in any case, and bodies without `schemas`;
    /// - `"True"` and `"False"` as booleans, numbers as texts and texts as numbers;
    /// - a list of one value for a single value, and a single value for a list;
    /// - paths as keys of a value: `{"name.givenName": "Ada"}`, `{"urn:…:User:department": "R&D"}`;
    /// - extension attributes without the URN;
    /// - `replace` of `emails[type eq "work"].value` creates the value if none matches;
    /// - `remove` with a value removes this value only; strictly, such a removal from a list is an error;
    /// - members that do not exist, or that the connection does not manage, have no effect;
    /// - filters with values without quotes: `active eq True`;
    /// - unknown and read-only members of a body, which have no effect.
    pub const fn lenient() -> Self {
        Self { is_lenient: true }
    }

    pub(crate) const fn is_lenient(self) -> bool {
        self.is_lenient
    }
}

impl Default for Strictness {
    fn default() -> Self {
        Self::lenient()
    }
}
