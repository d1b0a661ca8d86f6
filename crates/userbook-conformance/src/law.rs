//! The sentence of a law, for the output of a case that fails.

use std::thread;

/// The sources of the cases, whose documentation states the laws.
macro_rules! sources {
    ($($module:ident),+ $(,)?) => {
        const SOURCES: &[(&str, &str)] =
            &[$((stringify!($module), include_str!(concat!("cases/", stringify!($module), ".rs")))),+];
    };
}
sources! {
    batch, can_act, cancel, change_committed, claims, closure, commit, conflicts, external_ids, filters,
    further_addresses, group_lists, group_provisioning, groups, guards, import, load, load_directory, members, names,
    outbox, page_size, races, scopes, sessions, superusers, times, user_lists, user_provisioning, values,
}

/// Prints the law of a case when the case panics.
#[derive(Debug)]
pub struct Law {
    module: &'static str,
    case: &'static str,
}

impl Law {
    /// Names a case.
    pub const fn of(module: &'static str, case: &'static str) -> Self {
        Self { module, case }
    }

    /// Returns the law as the documentation of the case states it.
    pub fn sentence(&self) -> Option<String> {
        let (_, source) = SOURCES.iter().find(|(module, _)| *module == self.module)?;
        let (before, _) = source.split_once(&format!("\npub async fn {}<", self.case))?;
        let lines = before.rsplit('\n').map_while(|line| line.strip_prefix("///").map(str::trim));
        let mut lines: Vec<&str> = lines.collect();
        lines.reverse();
        Some(lines.join(" "))
    }
}

impl Drop for Law {
    #[allow(clippy::print_stderr, reason = "the output of a test that fails")]
    fn drop(&mut self) {
        if thread::panicking() {
            let sentence = self.sentence().unwrap_or_default();
            eprintln!("{}::{} failed. {sentence}", self.module, self.case);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BATCH_CASES, IMPORT_CASES, LIST_CASES, PROVISIONING_CASES, SESSION_CASES, STORE_CASES};

    #[test]
    fn every_case_states_its_law() {
        for list in [STORE_CASES, PROVISIONING_CASES, SESSION_CASES, BATCH_CASES, IMPORT_CASES, LIST_CASES] {
            for name in list {
                let (module, case) = name.split_once("::").expect("a case has a module");
                let sentence = Law::of(module, case).sentence().unwrap_or_default();
                assert!(sentence.starts_with("Law: ") && sentence.ends_with('.'), "{name}: {sentence:?}");
            }
        }
        let law = Law::of("names", "keeping_ones_own_name_is_no_conflict").sentence();
        assert_eq!(law.as_deref(), Some("Law: the user's current or former name is not a conflict."));
        assert_eq!(Law::of("names", "unknown").sentence(), None);
    }
}
