//! `userbook-server import` of many users: memory, time against the database's own means, and interruptions.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{binary::command, serving::administer};

/// The number of users: `USERBOOK_IMPORT_USERS`, by default 20,000.
pub fn users() -> u64 {
    let given = std::env::var("USERBOOK_IMPORT_USERS").ok();
    given.map_or(20_000, |text| text.parse().expect("USERBOOK_IMPORT_USERS is a number"))
}

/// The number of groups of the file.
const GROUPS: u64 = 20;

/// The maximum memory of an import in KiB.
const MAX_MEMORY: u64 = 300 * 1024;

/// The maximum time of an import, as a multiple of the time that the database needs to load the same rows.
const MAX_RATIO: f64 = 5.0;

/// A file with users in JSON Lines.
#[derive(Debug)]
pub struct ImportFile {
    folder: TempDir,
    users: u64,
}

impl ImportFile {
    /// Writes the file.
    pub fn new(users: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut file = BufWriter::new(File::create(folder.path().join("users.jsonl")).expect("a new file"));
        let group = |n: u64| uuid::Uuid::from_u128(u128::from(n) + 1);
        for n in 0..GROUPS {
            let row = json!({"group": {"pk": group(n), "name": format!("group {n}"), "is_superuser": false, "parent": null, "attributes": {}}});
            writeln!(file, "{row}").expect("the disk has room");
        }
        for n in 0..users {
            let row = json!({
                "pk": n + 10, "uuid": uuid::Uuid::from_u128(1 << 64 | u128::from(n)),
                "username": format!("user{n}"), "name": format!("Name of {n}"), "email": format!("user{n}@example.com"),
                "groups": [group(n % GROUPS)], "attributes": {"office": n % 100, "phone": format!("+49 {n}")},
            });
            writeln!(file, "{row}").expect("the disk has room");
        }
        file.flush().expect("the disk has room");
        Self { folder, users }
    }

    /// Returns the folder of the file.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("users.jsonl")
    }

    fn start(&self, url: &str) -> Child {
        let mut import = command();
        import.args(["import", "--json", "--database", url]).arg(self.path());
        import.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command runs")
    }

    /// Imports the file; returns the report, the time and the peak memory in KiB.
    pub fn import(&self, url: &str) -> (Value, Duration, u64) {
        let start = Instant::now();
        let mut child = self.start(url);
        let mut peak = 0;
        while child.try_wait().expect("the child can be observed").is_none() {
            peak = peak_memory(child.id()).unwrap_or(0).max(peak);
            std::thread::sleep(Duration::from_millis(20));
        }
        let time = start.elapsed();
        let output = child.wait_with_output().expect("the output can be read");
        assert!(output.status.success(), "{output:?}");
        (serde_json::from_slice(&output.stdout).expect("the report is JSON"), time, peak)
    }

    /// Imports the file in bounded memory, and compares the time with that of `load`, which loads the same rows by
    /// means of the database. Only an optimized build is measured against the limit.
    pub fn compare(&self, url: &str, load: impl FnOnce() -> Duration) {
        let (report, time, peak) = self.import(url);
        assert_eq!(
            (&report["users"]["created"], &report["refused"]),
            (&json!(self.users), &json!(0)),
            "{report}"
        );
        let loaded = load();
        let ratio = time.as_secs_f64() / loaded.as_secs_f64();
        println!(
            "{} users: {time:.1?}, peak {} MiB; the database itself {loaded:.1?}; ratio {ratio:.1}",
            self.users,
            peak / 1024
        );
        assert!(peak < MAX_MEMORY, "{peak} KiB");
        assert!(cfg!(debug_assertions) || ratio <= MAX_RATIO, "ratio {ratio:.1}");
    }

    /// Kills an import several times, and completes it.
    pub fn interrupt(&self, url: &str, count: impl Fn() -> (u64, u64)) {
        let (users_before, events_before) = count();
        for round in 1..=3 {
            let mut child = self.start(url);
            // Kills the import after some batches.
            let enough = self.users * round / 4;
            loop {
                // Before the count: an import that ends between the two has written enough.
                let ended = child.try_wait().expect("the child can be observed").is_some();
                if count().0 - users_before >= enough {
                    break;
                }
                assert!(!ended, "the import ended early");
                std::thread::sleep(Duration::from_millis(20));
            }
            child.kill().expect("the child can be killed");
            child.wait().expect("the child has ended");
        }
        let (report, ..) = self.import(url);
        let [created, unchanged] =
            ["created", "unchanged"].map(|change| report["users"][change].as_u64().expect("a number"));
        println!("completed: {created} created, {unchanged} unchanged");
        assert_eq!((created + unchanged, &report["refused"]), (self.users, &json!(0)), "{report}");
        assert!(unchanged >= self.users / 2, "{report}");
        let (users_after, events_after) = count();
        assert_eq!(users_after - users_before, self.users);
        // One event for each user and group: nothing was written twice.
        assert_eq!(events_after - events_before, self.users + GROUPS);
        let check = administer(url, &["check"]);
        assert!(check.status.success(), "{check:?}");
    }
}

fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Runs a program with this input and returns its output.
pub fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is not installed: {error}"));
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the program reads");
    let output = child.wait_with_output().expect("the output can be read");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}
