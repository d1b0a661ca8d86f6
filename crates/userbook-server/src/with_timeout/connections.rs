//! The lookup of a SCIM connection with a timeout.

use std::sync::Arc;

use userbook::store::StoreError;
use userbook_http::TokenHash;

use super::WithTimeout;
use crate::auth::{AuthStore, ConnectionRecord};

impl WithTimeout<Arc<dyn AuthStore>> {
    /// As [`ConnectionStore::find_connection`](crate::auth::ConnectionStore::find_connection).
    pub(crate) async fn find_connection(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<ConnectionRecord>, StoreError> {
        self.read(self.inner.find_connection(hash)).await
    }
}
