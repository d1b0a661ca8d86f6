//! Runs the reference server as a child process, with a client that sends exact bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread::JoinHandle,
    time::Duration,
};

/// The bytes of a log that a failed test shows.
const MAX_LOG: usize = 20_000;

/// A running server, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The lines printed before the server listened.
    pub greeting: String,
    /// The listening address.
    pub address: SocketAddr,
    output: BufReader<std::process::ChildStdout>,
    log: JoinHandle<Vec<u8>>,
}

impl Server {
    /// Starts the server on a free loopback port and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::try_start(arguments).unwrap_or_else(|error| panic!("the server does not start: {error}"))
    }

    /// Starts the server like [`Server::start`].
    ///
    /// # Errors
    /// Returns the standard error of a server that does not start.
    pub fn try_start(arguments: &[&str]) -> Result<Self, String> {
        Self::try_start_by(command(), arguments)
    }

    /// Starts a prepared [`command`], for example with its own environment.
    ///
    /// # Errors
    /// Returns the standard error of a server that does not start.
    pub fn try_start_by(mut command: Command, arguments: &[&str]) -> Result<Self, String> {
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server can be run");
        let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let mut errors = BufReader::new(child.stderr.take().expect("standard error is a pipe"));
        // Events have their own reader of standard output.
        let greeting = if arguments.windows(2).any(|pair| pair == ["--events", "stdout"]) {
            greet(&mut errors)
        } else {
            greet(&mut output)
        };
        match greeting {
            Ok((greeting, address)) => {
                // A full pipe would block the server.
                let log = std::thread::spawn(move || {
                    let mut log = Vec::new();
                    // Keep what was read before a failure.
                    let _ = errors.read_to_end(&mut log);
                    log
                });
                Ok(Self { child, greeting, address, output, log })
            }
            Err(mut error) => {
                errors.read_to_string(&mut error).expect("the server writes text");
                child.wait().expect("the server has ended");
                Err(error)
            }
        }
    }

    /// Starts the server with an address space limit in MiB; a larger allocation aborts the server.
    pub fn start_within(address_space: u64, arguments: &[&str]) -> Self {
        let mut limited = Command::new("/bin/sh");
        limited.env_clear().args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh"]);
        limited.arg((address_space * 1024).to_string()).arg(command().get_program());
        let started = Self::try_start_by(limited, arguments);
        started.unwrap_or_else(|error| panic!("the server does not start: {error}"))
    }

    /// Returns the address of the page of metrics.
    pub fn metrics_address(&self) -> SocketAddr {
        let address = self.greeting.lines().find_map(|line| line.strip_prefix("metrics: http://"));
        let address = address.and_then(|address| address.strip_suffix("/metrics"));
        address.expect("the server has a page of metrics").parse().expect("an address")
    }

    /// Returns the peak memory so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.expect("the kernel reports the peak").trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for the next line on standard output.
    pub fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the server writes text");
        line
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("signals can be sent");
        assert!(sent.success());
    }

    /// Kills the server (SIGKILL) and waits until it has ended.
    pub fn kill(mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server has ended");
    }

    /// Sends SIGTERM and waits for the end; returns the exit status and the remaining output.
    pub fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        self.signal(signal);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("the server writes text");
        (self.child.wait().expect("the server has ended"), rest)
    }

    /// Sends SIGTERM and waits for the end; returns the remaining output and the whole log.
    pub fn log(mut self) -> (String, String) {
        self.signal("TERM");
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("the server writes text");
        self.child.wait().expect("the server has ended");
        let log = std::mem::replace(&mut self.log, std::thread::spawn(Vec::new));
        (rest, String::from_utf8(log.join().expect("it reads")).expect("the server writes text"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = std::mem::replace(&mut self.log, std::thread::spawn(Vec::new)).join().unwrap_or_default();
        // The test harness shows the output of tests that fail.
        let last = log.get(log.len().saturating_sub(MAX_LOG)..).unwrap_or_default();
        eprintln!("{}", String::from_utf8_lossy(last));
    }
}

/// Reads up to the line with the listening address. The error is the output of a server that never listened.
fn greet(reader: &mut impl BufRead) -> Result<(String, SocketAddr), String> {
    let mut greeting = String::new();
    loop {
        let start = greeting.len();
        if reader.read_line(&mut greeting).expect("the server writes text") == 0 {
            return Err(greeting);
        }
        let line = greeting.get(start..).unwrap_or_default().trim();
        if let Some(address) = line.strip_prefix("listening on http://") {
            let address = address.parse().expect("an address");
            return Ok((greeting, address));
        }
    }
}

/// Returns the server's command, and builds the server first if necessary.
pub fn command() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(build));
    command.env_clear();
    command
}

/// Returns cargo without the variables about the package of the tests, on which the build script of ring depends: with
/// them this build and one from the command line would discard each other's dependencies.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if name.to_str().is_some_and(|name| of_package.iter().any(|prefix| name.starts_with(prefix))) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn build() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml");
    let output = cargo()
        .args([
            "build",
            "--locked",
            "--package",
            "userbook-server",
            "--features",
            "cedar",
            "--message-format",
            "json",
            "--manifest-path",
        ])
        .arg(manifest)
        // The profile of the tests.
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "the server can be built");
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    let messages = String::from_utf8_lossy(&output.stdout);
    messages.lines().find_map(executable).expect("cargo names the server's executable")
}

/// A parsed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends these bytes on a new connection.
///
/// # Errors
/// Fails if the connection breaks before the response is complete.
pub fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    stream.write_all(&request(address, method, target, headers, body))?;
    receive(&mut stream)
}

/// Builds the bytes of a request with `Connection: close`.
pub fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    if let Some(body) = body {
        head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend(body.unwrap_or_default());
    bytes
}

/// Reads a response up to the end of the connection.
///
/// # Errors
/// Fails if the connection breaks before the response is complete.
pub fn receive(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
}

/// Reads one response by its `Content-Length` and leaves the connection open.
///
/// # Errors
/// Fails if the connection breaks before the response is complete.
pub fn receive_one(stream: &mut impl Read) -> std::io::Result<Answer> {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = received.get(..end + 4).and_then(parse);
            let length = |answer: &Answer| answer.header("content-length")?.parse::<usize>().ok();
            if head.as_ref().and_then(length).is_none_or(|length| received.len() >= end + 4 + length) {
                return parse(&received).ok_or_else(|| std::io::ErrorKind::InvalidData.into());
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            length => received.extend(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// Sends a request while reading the response. A server that denies a request does not read its body, so the response
/// may arrive first; errors of the sender are ignored then.
///
/// # Errors
/// Fails if the connection breaks before the response is complete.
pub fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    std::thread::scope(|scope| {
        let mut sending = &stream;
        let sent = scope.spawn(move || sending.write_all(request));
        let answer = receive_one(&mut &stream);
        // Unblocks the sending thread.
        let _ = stream.shutdown(std::net::Shutdown::Both);
        let _ = sent.join();
        answer
    })
}

/// Parses a complete response.
pub fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = answer.split_at(end);
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let field =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().into()));
    let headers: Vec<(String, String)> = lines.filter_map(field).collect();
    let answer = Answer { status, headers, body: body.get(4..)?.to_vec() };
    let length: Option<usize> = answer.header("content-length").and_then(|length| length.parse().ok());
    // A HEAD response states a length without a body; every other body must be complete.
    (answer.body.is_empty() || length.is_none_or(|length| length == answer.body.len())).then_some(answer)
}
