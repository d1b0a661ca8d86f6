//! A disk that takes 2 ms longer to sync, by `strace`: the servers of many clouds and cheap disks do.

use std::process::Command;

/// Delays the answer of each sync by 2 ms. The program keeps its process id, and the tracer ends with it.
const STRACE: [&str; 9] = [
    "--daemonize",
    "--follow-forks",
    "--seccomp-bpf",
    "--quiet=all",
    "--trace=fsync,fdatasync",
    "--inject=fsync,fdatasync:delay_exit=2000",
    "--signal=none",
    "--output=/dev/null",
    "--",
];

/// Returns whether `strace` exists and may trace; prints the reason if not.
pub(super) fn is_available(figures: &str) -> bool {
    let problem = match Command::new("strace").args(STRACE).arg("true").output() {
        Ok(traced) if traced.status.success() => return true,
        Ok(traced) => String::from_utf8_lossy(&traced.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!("SKIPPED: {figures} requires strace (package strace) and the permission to trace: {problem}");
    false
}

/// Returns the command on a disk with slow syncs.
pub(super) fn slowed(command: &Command) -> Command {
    let mut slowed = Command::new("strace");
    slowed.args(STRACE).arg(command.get_program()).args(command.get_args());
    slowed
}
