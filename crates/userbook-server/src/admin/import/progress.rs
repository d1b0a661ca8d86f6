//! Shows how far a long command is: a bar on a terminal, else a line from time to time. Both go to standard error.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget};

/// The time between two lines.
const PAUSE: Duration = Duration::from_secs(10);

pub(super) struct Progress {
    total: u64,
    bar: Option<ProgressBar>,
    last: Cell<Instant>,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let bar = io::stderr()
            .is_terminal()
            .then(|| ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()));
        Self { total, bar, last: Cell::new(Instant::now()) }
    }

    pub(super) fn show(&self, position: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(position),
            None if self.last.get().elapsed() >= PAUSE => {
                self.last.set(Instant::now());
                let percent = position.saturating_mul(100).checked_div(self.total).unwrap_or(100);
                self.line(&format!("{percent} %"));
            }
            None => {}
        }
    }

    /// Prints a line to standard error, above the bar. A broken standard error does not stop the command.
    pub(super) fn line(&self, text: &str) {
        let print = || _ = writeln!(io::stderr().lock(), "{text}");
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
