//! Installs a database server from the distribution's packages if it is missing.

use std::process::{Command, Stdio};

/// Installs a Debian package.
///
/// # Panics
/// Panics if the installation fails; the message describes the manual steps.
pub(super) fn install(package: &str, instead: &str) {
    for step in [&["update"][..], &["install", "--yes", "--no-install-recommends", package][..]] {
        let mut apt = if id(&["-u"]) == Some(0) {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo
        };
        let apt = apt.args(["-qq", "-o", "DPkg::Lock::Timeout=300"]).args(step);
        match apt.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).output() {
            Ok(done) if done.status.success() => {}
            other => panic!(
                "the package {package} could not be installed: run `apt-get install {package}` as root, or \
                 {instead}. apt-get: {other:?}"
            ),
        }
    }
}

/// Returns the output of `id` with these arguments; `None` for an unknown user.
pub(super) fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().expect("every system has `id`");
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
