//! The only file that uses the system's time and randomness. All other code gets both injected, which a lint enforces.
#![allow(clippy::disallowed_methods, reason = "the one place where ambient time and randomness enter")]

use std::{
    fmt::Debug,
    sync::LazyLock,
    time::{Duration, Instant},
};

use chrono::{SubsecRound, Utc};
use uuid::Uuid;

use crate::model::{ChangeId, Timestamp};

/// Provides the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Returns the calendar time, which may jump.
    fn now(&self) -> Timestamp;

    /// Returns the time since a fixed moment. It never jumps; deadlines use it.
    fn monotonic(&self) -> Duration;
}

/// The system clock, truncated to microseconds.
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

/// Creates identifiers.
pub trait ChangeIds: Debug + Send + Sync + 'static {
    /// Returns a new id that was never returned before.
    fn next_change(&self) -> ChangeId;

    /// Returns a new random UUID for a user or group.
    fn next_uuid(&self) -> Uuid;
}

/// UUIDs of version 7 for changes (RFC 9562 §5.7: they sort by time, which keeps event indexes compact), and of
/// version 4 for users and groups, whose ids must not reveal anything.
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
