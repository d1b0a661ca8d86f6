//! The denied operations of a bulk request.

use http::{Method, StatusCode};
use uuid::Uuid;

use super::{Answer, parse_id, route::Route};
use crate::{error::ScimError, resource::ResourceKind};

/// The operations that were denied. Without this record, a bulk request would repeat one denied operation, and the time
/// of the response would multiply how long the denial takes.
#[derive(Debug, Default)]
pub(super) struct Denied {
    /// The operations on resources that do not exist for the connection.
    missing: Vec<(Method, ResourceKind, Option<Uuid>)>,
    count: u32,
}

impl Denied {
    /// Returns the number of operations that were denied after a load.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Returns the error of an operation that has got 404 before.
    pub(super) fn require_possible(&self, method: &Method, route: &Route<'_>) -> Result<(), ScimError> {
        let is_missing = |(kind, id)| {
            self.missing.iter().any(|(denied, of, missing)| (denied, *of, *missing) == (method, kind, id))
        };
        if target(route).is_some_and(is_missing) { Err(ScimError::not_found()) } else { Ok(()) }
    }

    /// Records the answer of an operation. After a success, resources may exist that did not exist before.
    pub(super) fn see(&mut self, method: Method, route: &Route<'_>, answer: &Answer) {
        match answer {
            Ok(_) => self.missing.clear(),
            Err(error) => {
                let is_denied = matches!(error.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
                self.count = self.count.saturating_add(is_denied.into());
                if let (StatusCode::NOT_FOUND, Some((kind, id))) = (error.status, target(route)) {
                    self.missing.push((method, kind, id));
                }
            }
        }
    }
}

/// Returns what an operation on one resource names. All ids that are no UUIDs name nothing.
fn target(route: &Route<'_>) -> Option<(ResourceKind, Option<Uuid>)> {
    match route {
        Route::Resource(kind, id) => Some((*kind, parse_id(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::api::reply::Reply;

    #[test]
    fn repeated_denials_need_no_load_until_something_succeeds() {
        let (user, group) = (ResourceKind::User, ResourceKind::Group);
        let (id, other) = ("5e1f0000-0000-4000-8000-000000000001", "5e1f0000-0000-4000-8000-000000000002");
        let upper = id.to_uppercase();
        let missing = || Err(ScimError::not_found());
        let forbidden = || Err(ScimError::new(StatusCode::FORBIDDEN, "no"));
        let at = |kind, id| Route::Resource(kind, Cow::Borrowed(id));
        let mut denied = Denied::default();
        denied.see(Method::DELETE, &at(user, id), &missing());
        denied.see(Method::DELETE, &at(group, other), &forbidden());
        denied.see(Method::POST, &Route::Collection(user), &Err(ScimError::invalid_value("x")));
        denied.see(Method::PUT, &at(user, "x"), &missing());
        assert_eq!(denied.count(), 3);
        for (method, kind, id, expected) in [
            (Method::DELETE, user, id, true),
            (Method::DELETE, user, &*upper, true),
            (Method::PUT, user, "y", true),
            (Method::PATCH, user, id, false),
            (Method::DELETE, group, id, false),
            (Method::DELETE, user, other, false),
            (Method::DELETE, group, other, false),
        ] {
            let is_known = denied.require_possible(&method, &at(kind, id)).is_err();
            assert_eq!(is_known, expected, "{method} {kind:?} {id}");
        }
        denied.see(Method::POST, &Route::Collection(user), &Ok(Reply::empty(StatusCode::CREATED)));
        assert!(denied.require_possible(&Method::DELETE, &at(user, id)).is_ok());
        assert_eq!(denied.count(), 3);
    }
}
