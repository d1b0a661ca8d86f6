//! Chooses the authorizer: policies from a file, or permissions from the database.

use std::{error::Error, sync::Arc};

use userbook::{
    PermissionAuthorizer,
    authz::{ListAuthorizer, PermissionSource},
};

use crate::{Settings, auth::AuthStore};

/// Loads the policies of the settings, if any.
///
/// # Errors
/// The violation in the policies, with its position.
#[cfg(feature = "cedar")]
pub(crate) fn policies(
    settings: &Settings,
) -> Result<Option<Arc<dyn ListAuthorizer>>, Box<dyn Error + Send + Sync>> {
    let Some(path) = &settings.cedar else { return Ok(None) };
    let authorizer = userbook_cedar::CedarAuthorizer::read(path)?;
    for warning in authorizer.warnings() {
        tracing::warn!("policy file {}: {warning}", path.display());
    }
    Ok(Some(Arc::new(authorizer)))
}

/// Without the feature `cedar`, no policies exist.
#[cfg(not(feature = "cedar"))]
#[expect(clippy::unnecessary_wraps, reason = "with Cedar it may fail")]
pub(crate) fn policies(
    _: &Settings,
) -> Result<Option<Arc<dyn ListAuthorizer>>, Box<dyn Error + Send + Sync>> {
    Ok(None)
}

/// Returns the authorizer over the permissions in the database.
pub(crate) fn permissions(auth: &Arc<dyn AuthStore>) -> Arc<dyn ListAuthorizer> {
    let source: Arc<dyn PermissionSource> = auth.clone();
    Arc::new(PermissionAuthorizer::new(source))
}
