//! The only file that asks the machine for the time or for randomness; everywhere else both are injected, and a
//! lint keeps it so.
#![allow(clippy::disallowed_methods, reason = "the one place where ambient time and randomness enter")]

use std::{
    fmt::Debug,
    sync::LazyLock,
    time::{Duration, Instant},
};

use chrono::{SubsecRound, Utc};
use uuid::Uuid;

use crate::model::{ChangeId, Timestamp};

/// Tells the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now, by the calendar. It may jump.
    fn now(&self) -> Timestamp;

    /// The time since some moment in the past. It never jumps: deadlines are measured with it.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock, cut to microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// Mints identifiers.
pub trait ChangeIds: Debug + Send + Sync + 'static {
    /// An id that was never given before.
    fn next_change(&self) -> ChangeId;

    /// A new random UUID, for a new user or group.
    fn next_uuid(&self) -> Uuid;
}

/// UUIDs of version 7 for changes (RFC 9562 §5.7: they sort by time, which keeps event indexes compact) and of
/// version 4 for users and groups, whose ids should tell nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl ChangeIds for RandomIds {
    fn next_change(&self) -> ChangeId {
        ChangeId(Uuid::now_v7())
    }

    fn next_uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}
