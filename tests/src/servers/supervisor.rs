//! A server process that ends with this process in every case.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use super::package::id;

/// Waits until the pipe from the test process closes; the kernel closes the pipe when that process ends. Then stops
/// exactly the child that it started and removes its folder. Until then it executes one command per line: kill the
/// child with its descendants (and exit, keeping the folder), freeze them, or resume them.
const SCRIPT: &str = r#"
trap "" INT HUP TERM
folder=$1 signal=$2
shift 2
"$@" < /dev/null >> "$folder/log" 2>&1 &
child=$!
family() {
    echo "$1"
    for member in $(cat /proc/"$1"/task/*/children 2> /dev/null); do family "$member"; done
}
while read -r order; do
    case $order in
    kill)
        # Freeze first: a process that is being killed must not start another one.
        kill -STOP "$child"
        members=$(family "$child")
        kill -KILL $members
        wait "$child"
        # A process that is still ending holds files and memory.
        for member in $members; do
            while grep -s "^State:" "/proc/$member/status" | grep -qv zombie; do sleep 0.01; done
        done
        echo done
        exit
        ;;
    freeze) kill -STOP $(family "$child") ;;
    thaw) kill -CONT $(family "$child") ;;
    esac
    echo done
done
kill -CONT $(family "$child")
kill -"$signal" "$child"
wait "$child"
rm -rf "$folder"
"#;

/// The account that runs a server: this user, or an unprivileged user if this is root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<(u32, u32)>);

impl Account {
    /// Returns this user, or the first existing one of these if this is root.
    pub(super) fn unprivileged(names: &[&str]) -> Self {
        if id(&["-u"]) != Some(0) {
            return Self(None);
        }
        Self(names.iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?))))
    }

    /// Creates a folder that belongs to this account.
    pub(super) fn folder(self, prefix: &str) -> PathBuf {
        let folder =
            tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder can be made");
        let folder = folder.keep();
        if let Self(Some((user, group))) = self {
            chown(&folder, Some(user), Some(group)).expect("root may change owners");
        }
        folder
    }

    /// Returns a command that runs as this account.
    pub(super) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A running server. It ends with this process.
#[derive(Debug)]
pub(super) struct Supervised {
    folder: PathBuf,
    /// Its standard input is the pipe.
    supervisor: Child,
    reports: BufReader<ChildStdout>,
}

impl Supervised {
    /// Starts a server whose files are in `folder`, which is removed with the server.
    pub(super) fn start(account: Account, folder: &Path, signal: &str, command: &[&str]) -> Self {
        let mut supervisor = account
            .command("/bin/sh")
            .args(["-c", SCRIPT, "supervisor"])
            .arg(folder)
            .arg(signal)
            .args(command)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the shell can be started");
        let reports = BufReader::new(supervisor.stdout.take().expect("standard output is a pipe"));
        Self { folder: folder.to_owned(), supervisor, reports }
    }

    /// Kills the server with its descendants (SIGKILL) and waits until they are gone. The folder stays.
    pub(super) fn kill(mut self) {
        self.order("kill");
        self.supervisor.wait().expect("the supervisor has ended");
    }

    /// Freezes the server (SIGSTOP).
    pub(super) fn freeze(&mut self) {
        self.order("freeze");
    }

    /// Resumes the server.
    pub(super) fn thaw(&mut self) {
        self.order("thaw");
    }

    fn order(&mut self, order: &str) {
        let input = self.supervisor.stdin.as_mut().expect("standard input is a pipe");
        writeln!(input, "{order}").expect("the supervisor reads commands");
        let mut report = String::new();
        self.reports.read_line(&mut report).expect("the supervisor reports");
        assert_eq!(report, "done\n", "{order}");
    }

    /// Returns the log so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}
