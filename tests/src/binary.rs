//! The reference server as a process of its own, and a client that sends exactly what it is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread::JoinHandle,
    time::Duration,
};

/// A running server; dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// What it printed before it listened.
    pub greeting: String,
    /// Where it listens.
    pub address: SocketAddr,
    output: BufReader<std::process::ChildStdout>,
    log: JoinHandle<Vec<u8>>,
}

impl Server {
    /// Starts the server on a free port of the loopback, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::try_start(arguments).unwrap_or_else(|refusal| panic!("the server does not start: {refusal}"))
    }

    /// The same; the error is what a server that does not start says.
    ///
    /// # Errors
    /// What it wrote to its standard error.
    pub fn try_start(arguments: &[&str]) -> Result<Self, String> {
        Self::try_start_by(command(), arguments)
    }

    /// The same by a command that has been given an environment ([`command`]).
    ///
    /// # Errors
    /// What it wrote to its standard error.
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
        // Events have standard output for themselves.
        let greeting = if arguments.contains(&"--events") { greet(&mut errors) } else { greet(&mut output) };
        match greeting {
            Ok((greeting, address)) => {
                // Nobody may have to wait because a pipe is full.
                let log = std::thread::spawn(move || {
                    let mut log = Vec::new();
                    // What was read before a failure is there.
                    let _ = errors.read_to_end(&mut log);
                    log
                });
                Ok(Self { child, greeting, address, output, log })
            }
            Err(mut refusal) => {
                errors.read_to_string(&mut refusal).expect("the server writes text");
                child.wait().expect("the server has ended");
                Err(refusal)
            }
        }
    }

    /// The same with a limit on the address space, in MiB: a server that allocates more is aborted.
    pub fn start_within(address_space: u64, arguments: &[&str]) -> Self {
        let mut limited = Command::new("/bin/sh");
        limited.env_clear().args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh"]);
        limited.arg((address_space * 1024).to_string()).arg(command().get_program());
        let started = Self::try_start_by(limited, arguments);
        started.unwrap_or_else(|refusal| panic!("the server does not start: {refusal}"))
    }

    /// The most memory that it has had so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.expect("the kernel tells").trim().trim_end_matches(" kB").parse().expect("a number")
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

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server has ended");
    }

    /// Asks it to stop and waits until it has; gives its exit status and what it still wrote.
    pub fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        self.signal(signal);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("the server writes text");
        (self.child.wait().expect("the server has ended"), rest)
    }

    /// Asks it to stop, waits until it has, and gives what it still wrote and all of its log.
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
        // Killing what has ended already fails, and that is all right.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads up to the line that says where the server listens; the error is what came when it never did.
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

/// The server's command, built first if need be.
pub fn command() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(build));
    command.env_clear();
    command
}

fn build() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("Cargo.toml");
    let output = Command::new(env!("CARGO"))
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
        // Like the tests themselves.
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

/// What came back.
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
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request as it is told, on a connection of its own.
///
/// # Errors
/// When the connection breaks before the answer is whole.
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

/// A request's bytes, after which the connection shall close.
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

/// Reads an answer up to the end of the connection.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub fn receive(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
}

/// Reads one answer, as long as its header says, and leaves the connection open.
///
/// # Errors
/// When the connection breaks before the answer is whole.
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

/// Sends a request while reading the answer, which may come before the request is sent: a server that denies a
/// request does not read its body. The answer is read first, then whatever happens to the rest is ignored.
///
/// # Errors
/// When the connection breaks before the answer is whole.
pub fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    std::thread::scope(|scope| {
        let mut sending = &stream;
        let sent = scope.spawn(move || sending.write_all(request));
        let answer = receive_one(&mut &stream);
        // Ends the other thread, whatever it waits for.
        let _ = stream.shutdown(std::net::Shutdown::Both);
        let _ = sent.join();
        answer
    })
}

/// Reads a whole answer from its bytes.
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
    // HEAD tells a length and sends nothing; anything else must be whole.
    (answer.body.is_empty() || length.is_none_or(|length| length == answer.body.len())).then_some(answer)
}
