//! Logins and sessions.

use userbook::{Timestamp, UserRef, model::SessionEpoch, store::CommitOutcome};

use crate::{
    backend::Backend,
    decode::{RowExt, required},
    driver::{Conn, execute, fetch_all},
    encode,
    error::SqlResult,
    statements,
};

pub(crate) async fn record_login<B: Backend>(
    conn: &mut Conn<B>,
    user: UserRef,
    time: Timestamp,
) -> SqlResult<B, CommitOutcome> {
    let [id, uuid] = encode::target(Some(user));
    let parameters = [("time", time.into()), id, uuid];
    let found = execute::<B>(conn, &statements::RECORD_LOGIN, &parameters).await?;
    Ok(if found > 0 { CommitOutcome::Applied } else { CommitOutcome::Gone })
}

pub(crate) async fn session_epoch<B: Backend>(
    conn: &mut Conn<B>,
    user: UserRef,
) -> SqlResult<B, Option<SessionEpoch>> {
    let rows = fetch_all::<B>(conn, &statements::SESSION_EPOCH, &encode::target(Some(user))).await?;
    let epoch = rows.first().map(|row| required(row, "session_epoch", RowExt::uuid)).transpose()?;
    Ok(epoch.map(SessionEpoch))
}
