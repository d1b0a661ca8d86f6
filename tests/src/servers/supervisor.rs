//! A server that ends with this process, however this one ends.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::package::id;

/// Waits until the pipe from the test process closes, which the kernel sees to whatever happens to that process,
/// then stops exactly the child that it started and removes its folder.
const SCRIPT: &str = r#"
trap "" INT HUP TERM
folder=$1 signal=$2
shift 2
"$@" < /dev/null > "$folder/log" 2>&1 &
child=$!
cat > /dev/null
kill -"$signal" "$child" 2> /dev/null
wait "$child"
rm -rf "$folder"
"#;

/// Who runs a server: this user, or somebody harmless if this is root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<(u32, u32)>);

impl Account {
    /// This user, or the first of these that exists if this is root.
    pub(super) fn unprivileged(names: &[&str]) -> Self {
        if id(&["-u"]) != Some(0) {
            return Self(None);
        }
        Self(names.iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?))))
    }

    /// A new folder of this account's.
    pub(super) fn folder(self, prefix: &str) -> PathBuf {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("there is room for a folder");
        let folder = folder.keep();
        if let Self(Some((user, group))) = self {
            chown(&folder, Some(user), Some(group)).expect("root may give folders away");
        }
        folder
    }

    /// A command that this account runs.
    pub(super) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A running server. It ends when this process ends.
#[derive(Debug)]
pub(super) struct Supervised {
    folder: PathBuf,
    /// Its standard input is the pipe.
    _supervisor: Child,
}

impl Supervised {
    /// Starts a server whose files are in `folder`, which goes with it.
    pub(super) fn start(account: Account, folder: &Path, signal: &str, command: &[&str]) -> Self {
        let supervisor = account
            .command("/bin/sh")
            .args(["-c", SCRIPT, "supervisor"])
            .arg(folder)
            .arg(signal)
            .args(command)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self { folder: folder.to_owned(), _supervisor: supervisor }
    }

    /// What it has told so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}
