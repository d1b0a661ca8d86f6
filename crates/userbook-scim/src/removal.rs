//! Marks of users that a connection has deleted and the provider has deactivated ([`Deletion::Deactivate`]).
//!
//! A mark is an external id with a source of its own. Its identifier is the session epoch that begins with the removal.
//! The epoch changes with every later deactivation, so a user stays with the host that has activated the user
//! meanwhile.
//!
//! [`Deletion::Deactivate`]: crate::Deletion::Deactivate

use userbook::{
    User,
    model::{ExternalSource, InvalidExternalSource, SessionEpoch},
    update::ExternalIdsOp,
};

/// The prefix of the sources of all connections, and of their marks.
pub(crate) const CONNECTION: &str = "scim:";

/// The end of a mark. No name of a connection contains a colon.
const MARK: &str = ":removed";

/// Returns the mark of a connection.
pub(crate) fn mark(connection: &ExternalSource) -> Result<ExternalSource, InvalidExternalSource> {
    format!("{connection}{MARK}").parse()
}

/// Returns the identifier of a mark. It contains the user, because identifiers are unique within their source.
pub(crate) fn identifier(user: &User, epoch: SessionEpoch) -> String {
    format!("{}.{}", epoch.0, user.uuid)
}

/// Returns whether the connection with this mark may activate the user again: since the removal, the user is inactive
/// and no other connection manages the user.
pub(crate) fn is_in_force(mark: &ExternalSource, user: &User) -> bool {
    let is_current = user.external_ids.identifier(mark) == Some(&identifier(user, user.session_epoch));
    let mut sources = user.external_ids.iter().map(|(source, _)| source);
    is_current && !user.is_active && !sources.any(is_connection)
}

/// Removes the marks of all connections. At most one mark counts: that of the last removal.
pub(crate) fn forget(user: &User, ops: &mut ExternalIdsOp) {
    let sources = user.external_ids.iter().map(|(source, _)| source);
    for mark in sources.filter(|source| is_mark(source)) {
        ops.remove(mark.clone());
    }
}

fn is_mark(source: &ExternalSource) -> bool {
    source.as_str().starts_with(CONNECTION) && source.as_str().ends_with(MARK)
}

fn is_connection(source: &ExternalSource) -> bool {
    source.as_str().starts_with(CONNECTION) && !is_mark(source)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_mark_is_in_force_until_the_host_or_another_connection_takes_the_user() {
        let source = |text: &str| text.parse::<ExternalSource>().unwrap();
        let okta = mark(&source("scim:okta")).unwrap();
        let mut user = User { is_active: false, ..User::example() };
        let identifier = identifier(&user, user.session_epoch);
        user.external_ids.insert(okta.clone(), Some(identifier));
        user.external_ids.insert(source("hr"), Some("7".to_owned()));
        let with = |change: fn(&mut User)| {
            let mut user = user.clone();
            change(&mut user);
            user
        };
        let add = |text: &str| {
            let mut user = user.clone();
            user.external_ids.insert(source(text), None);
            user
        };
        for (user, expected) in [
            (user.clone(), true),
            (add("scim:entra:removed"), true),
            (add("scim:entra"), false),
            (add("scim:okta"), false),
            (with(|user| user.is_active = true), false),
            (with(|user| user.session_epoch = SessionEpoch(Uuid::from_u128(1))), false),
            (with(|user| user.external_ids.insert("scim:okta:removed".parse().unwrap(), None)), false),
            (with(|user| user.uuid = Uuid::from_u128(2)), false),
        ] {
            assert_eq!(is_in_force(&okta, &user), expected, "{user:?}");
        }
        assert!(!is_in_force(&mark(&source("scim:entra")).unwrap(), &user));
        let mut ops = ExternalIdsOp::default();
        forget(&add("scim:entra:removed"), &mut ops);
        let left = ops.applied(&add("scim:entra:removed").external_ids).unwrap();
        assert_eq!(left.iter().map(|(source, _)| source.as_str()).collect::<Vec<_>>(), ["hr"]);
    }
}
