//! Examples as processes.

use std::{
    collections::BTreeMap,
    io::Read,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;
use userbook_tests::{
    binary::{Answer, send},
    servers::free_port,
};

/// How long an example may take to listen, and the pause between two attempts to connect.
const ATTEMPTS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// The command that starts an example, without any environment.
pub(crate) fn example(name: &str) -> Command {
    static BUILT: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let mut command = Command::new(&BUILT.get_or_init(build)[name]);
    command.env_clear();
    command
}

/// Builds all examples as `cargo test --workspace` does, so that there is nothing left to build after it.
fn build() -> BTreeMap<String, PathBuf> {
    let output = userbook_tests::binary::cargo()
        .args([
            "build",
            "--locked",
            "--workspace",
            "--examples",
            "--message-format",
            "json",
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml"))
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the examples do not build");
    let built = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some((message["target"]["name"].as_str()?.to_owned(), message["executable"].as_str()?.into()))
    };
    String::from_utf8(output.stdout).unwrap().lines().filter_map(built).collect()
}

/// Runs an example to its end and returns its output.
pub(crate) fn output(name: &str, arguments: &[&str]) -> String {
    let output = example(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An example that listens. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Listening {
    child: Child,
    address: SocketAddr,
}

impl Listening {
    /// Starts an example on a free port of the loopback interface.
    pub(crate) fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = example(name);
        command.env("LISTEN", address.to_string()).envs(environment.iter().copied());
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut listening = Self { child, address };
        for _ in 0..ATTEMPTS {
            if TcpStream::connect(address).is_ok() {
                return listening;
            }
            assert!(listening.child.try_wait().unwrap().is_none(), "{name} ended");
            std::thread::sleep(PAUSE);
        }
        panic!("{name} does not listen");
    }

    /// Sends a request, with a JSON body if there is one.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(ToString::to_string);
        let headers = [header, ("content-type", "application/json")];
        send(self.address, method, path, &headers, body.as_deref().map(str::as_bytes)).unwrap()
    }

    /// Ends the example and returns what it wrote to standard output.
    pub(crate) fn stop(mut self) -> String {
        self.child.kill().unwrap();
        let mut written = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut written).unwrap();
        written
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Killing a process that has ended fails, and nothing else needs to be done then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
