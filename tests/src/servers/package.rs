//! Installs a database server from the distribution's packages if it is missing.

use std::{
    process::{Command, Output, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long another process may hold a lock of apt.
const PATIENCE: Duration = Duration::from_mins(5);

/// Returns what `find` finds. Installs a Debian package first if that is missing. One thread at a time searches and
/// installs, so that none finds a package that is unpacked in part.
///
/// # Panics
/// Panics if the installation fails; the message describes the manual steps.
pub(super) fn found<T>(package: &str, instead: &str, find: impl Fn() -> Option<T>) -> T {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    find().unwrap_or_else(|| {
        install(package, instead);
        find().unwrap_or_else(|| panic!("the package {package} does not contain what is missing"))
    })
}

fn install(package: &str, instead: &str) {
    for step in [&["update"][..], &["install", "--yes", "--no-install-recommends", package][..]] {
        let start = Instant::now();
        loop {
            match apt(step) {
                Ok(done) if done.status.success() => break,
                // The timeout of dpkg's lock does not cover the locks of lists and archives.
                Ok(done) if is_locked(&done) && start.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_secs(1));
                }
                other => panic!(
                    "the package {package} could not be installed: run `apt-get install {package}` as root, or \
                     {instead}. apt-get: {other:?}"
                ),
            }
        }
    }
}

fn apt(step: &[&str]) -> std::io::Result<Output> {
    let settings = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"];
    let mut apt = if id(&["-u"]) == Some(0) {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("-n");
        sudo
    };
    let apt = apt.args(settings).args(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]).args(step);
    apt.stdin(Stdio::null()).output()
}

fn is_locked(done: &Output) -> bool {
    String::from_utf8_lossy(&done.stderr).contains("Could not get lock")
}

/// Returns the output of `id` with these arguments; `None` for an unknown user.
pub(super) fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().expect("every system has `id`");
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
