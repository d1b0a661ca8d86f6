//! Updates that a function of the host computes from the stored user.

use std::{fmt, sync::Arc};

use super::{FieldOps, PatchFailure};
use crate::model::{GroupGraph, User};

type Resolve = dyn Fn(&User, &GroupGraph) -> Result<FieldOps, PatchFailure> + Send + Sync;

/// The function of [`UserUpdate::computed`](super::UserUpdate::computed). Its second argument contains the user's
/// groups with their ancestors.
#[derive(Clone)]
pub struct ComputedUpdate(Arc<Resolve>);

impl ComputedUpdate {
    pub(super) fn new(
        resolve: impl Fn(&User, &GroupGraph) -> Result<FieldOps, PatchFailure> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(resolve))
    }

    pub(super) fn resolve(&self, user: &User, groups: &GroupGraph) -> Result<FieldOps, PatchFailure> {
        let Self(resolve) = self;
        resolve(user, groups)
    }
}

impl fmt::Debug for ComputedUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComputedUpdate(..)")
    }
}

impl PartialEq for ComputedUpdate {
    /// Returns whether both are the same function.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        field::Name,
        model::{GroupGraph, User},
        policy::Policy,
        update::{FieldOps, Mode, Op, PatchFailure, UserUpdate},
    };

    #[test]
    fn a_function_sees_the_stored_user_of_each_resolution() {
        let update = UserUpdate::computed(|user, _| match user.name.as_str() {
            "" => Err(PatchFailure::Custom { code: "no_name", message: "the user has no name".into() }),
            name => {
                Ok(FieldOps { name: Name::parse(&name.to_uppercase()).into(), ..FieldOps::new(Mode::Patch) })
            }
        });
        let resolve = |name: &str| {
            let user = User { name: name.into(), ..User::example() };
            let ops = update.resolve(&user, &GroupGraph::default(), &Policy::hardened(), &|_| true)?;
            Ok::<_, PatchFailure>(ops.name.value().map(|name| name.as_str().to_owned()))
        };
        assert_eq!(resolve("ada"), Ok(Some("ADA".to_owned())));
        assert_eq!(resolve("bo"), Ok(Some("BO".to_owned())));
        assert_eq!(resolve("").map_err(|failure| failure.code()), Err("no_name"));
        assert_eq!(update, update.clone());
        assert_ne!(update, UserUpdate::computed(|_, _| Ok(FieldOps::new(Mode::Patch))));
        assert!(matches!(update.name("x").fields().map(|fields| &fields.name), None | Some(Op::Keep)));
    }
}
