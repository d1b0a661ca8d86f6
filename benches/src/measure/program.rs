//! Programs that measurements run. Each ends by itself, by a deadline, or with its value.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::Failure;

/// The maximum time until a server listens.
const START: Duration = Duration::from_mins(1);

/// The maximum time of a build.
const BUILD: Duration = Duration::from_mins(20);

/// Runs a program to its end.
///
/// # Errors
/// If the program is missing, or still runs after `limit`. Its exit status is up to the caller.
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<Output, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
    let (stdout, stderr) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Err(format!("{name} does not end within {} s", limit.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = |reader: JoinHandle<Vec<u8>>| reader.join().map_err(|_| "a reader of output panicked");
    Ok(Output { status, stdout: text(stdout)?, stderr: text(stderr)? })
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is all there is.
            _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// A running server. Killed on drop.
#[derive(Debug)]
pub(crate) struct Served {
    process: Child,
    address: String,
}

impl Served {
    /// Starts a server and waits for its line `listening on http://…`.
    pub(crate) fn start(mut command: Command) -> Result<Self, Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{name} cannot be started: {error}"))?;
        let (lines, errors) = (process.stdout.take(), process.stderr.take());
        let errors = errors.map(|errors| read_all(Some(errors)));
        let (sender, address) = mpsc::channel();
        thread::spawn(move || {
            // Reads to the end: the server may print more.
            for line in lines.map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on http://") {
                    // Only the first is awaited.
                    _ = sender.send(address.to_owned());
                }
            }
        });
        let mut served = Self { process, address: String::new() };
        if let Ok(address) = address.recv_timeout(START) {
            served.address = address;
            return Ok(served);
        }
        drop(served);
        let errors = errors.and_then(|errors| errors.join().ok()).unwrap_or_default();
        Err(format!("{name} does not listen: {}", String::from_utf8_lossy(&errors)).into())
    }

    /// Starts this package's `serve` with these arguments.
    pub(crate) fn serve(arguments: &[&str]) -> Result<Self, Failure> {
        Self::start(serve(arguments)?)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the processor time of all threads in seconds.
    pub(crate) fn processor_time(&self) -> Result<f64, Failure> {
        let mut nanoseconds = 0.0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += times.split(' ').next().unwrap_or_default().parse::<f64>()?;
        }
        Ok(nanoseconds / 1e9)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the command that runs this package's `serve`; see [`build`].
pub(crate) fn serve(arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = sibling("serve")?;
    command.args(arguments);
    Ok(command)
}

/// Returns the command that runs another program of this package.
pub(crate) fn sibling(program: &str) -> Result<Command, Failure> {
    Ok(Command::new(std::env::current_exe()?.with_file_name(program)))
}

/// Builds another program of this package, which `cargo run --bin report` does not build, in the profile of this
/// program.
pub(crate) fn build(program: &str) -> Result<(), Failure> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    cargo(&["build", "--profile", &profile()?, "--bin", program, "--manifest-path", manifest]).map(|_| ())
}

/// Builds the reference server in the profile of this program, and returns its path.
pub(crate) fn build_server() -> Result<PathBuf, Failure> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let package = ["--package", "userbook-server", "--manifest-path", manifest];
    executable(&[&["build", "--profile", &profile()?][..], &package].concat())
}

/// Returns the profile of this program: cargo names the folder after the profile, except for `dev`.
fn profile() -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    let folder = program.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    Ok(if folder == "debug" { "dev".to_owned() } else { folder.into_owned() })
}

/// Builds a program and returns its path.
pub(crate) fn executable(arguments: &[&str]) -> Result<PathBuf, Failure> {
    let path = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    let messages = cargo(&[arguments, &["--message-format", "json"]].concat())?;
    messages.lines().find_map(path).ok_or_else(|| format!("cargo builds no program: {arguments:?}").into())
}

fn cargo(arguments: &[&str]) -> Result<String, Failure> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let built = output(cargo.args(arguments).args(["--quiet", "--locked"]), BUILD)?;
    if built.status.success() {
        Ok(String::from_utf8_lossy(&built.stdout).into_owned())
    } else {
        Err(format!("cargo {arguments:?}: {}", String::from_utf8_lossy(&built.stderr)).into())
    }
}

/// Returns a path as an argument.
pub(crate) fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn programs_end_by_themselves_or_by_the_deadline() {
        let ended = output(&mut shell("echo out; echo err >&2; exit 3"), START).unwrap();
        assert_eq!(
            (ended.status.code(), &ended.stdout[..], &ended.stderr[..]),
            (Some(3), &b"out\n"[..], &b"err\n"[..])
        );
        let error = output(&mut shell("exec sleep 60"), Duration::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "sh does not end within 0 s");
        assert!(output(&mut Command::new("no-such-program"), START).is_err());
    }

    #[test]
    fn server_that_ends_early_reports_its_errors() {
        let error = Served::start(shell("echo starting; echo no port >&2")).unwrap_err();
        assert_eq!(error.to_string(), "sh does not listen: no port\n");
        let served = Served::start(shell("echo listening on http://here:1; exec sleep 60")).unwrap();
        assert_eq!(served.address(), "here:1");
        // The kernel counts the time of a process that runs a little later.
        let start = Instant::now();
        while served.processor_time().unwrap() <= 0.0 {
            assert!(start.elapsed() < Duration::from_mins(1), "the process takes no time");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
