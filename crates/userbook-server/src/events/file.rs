//! `--events file:PATH`: audit events as JSON Lines in a file with rotation.

use std::{
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use userbook::{event::Event, service::EventSink};

use super::stdout::line;
use crate::writer::Writer;

/// Appends each event as one line to a file that only its owner can read. An event is delivered once the line is on
/// disk. A file that would exceed the size becomes `PATH.1`, `PATH.1` becomes `PATH.2`, and so on.
#[derive(Debug)]
pub struct FileSink {
    writer: Writer,
}

impl FileSink {
    /// Opens the file and starts the thread that writes. At most `files` older files of about `bytes` bytes are kept.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn start(path: &Path, bytes: u64, files: u32) -> io::Result<Self> {
        let mut file = RotatingFile::open(path, bytes, files)?;
        Ok(Self { writer: Writer::start("events-file", move |line| file.append(line))? })
    }
}

#[async_trait]
impl EventSink for FileSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.writer.write(line(event)?).await?)
    }
}

struct RotatingFile {
    path: PathBuf,
    file: File,
    length: u64,
    bytes: u64,
    files: u32,
}

impl RotatingFile {
    fn open(path: &Path, bytes: u64, files: u32) -> io::Result<Self> {
        let file = open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length, bytes, files })
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.length > 0 && self.length + line.len() as u64 > self.bytes {
            self.rotate()?;
        }
        let written = self.file.write_all(line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A part of a line would spoil the next one. If this fails as well, the reader finds the part.
            _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let numbered = |n: u32| PathBuf::from(format!("{}.{n}", self.path.display()));
        for n in (1..self.files).rev() {
            let older = numbered(n);
            if older.exists() {
                fs::rename(older, numbered(n + 1))?;
            }
        }
        if self.files == 0 {
            fs::remove_file(&self.path)?;
        } else {
            fs::rename(&self.path, numbered(1))?;
        }
        self.file = open(&self.path)?;
        self.length = 0;
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_rotated_by_size_and_continued_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        for n in 0..7 {
            // Opened anew for each line, as after a restart.
            RotatingFile::open(&path, 8, 2).unwrap().append(format!("l{n}\n").as_bytes()).unwrap();
        }
        assert_eq!(read("events.jsonl").unwrap(), "l6\n");
        assert_eq!(read("events.jsonl.1").unwrap(), "l4\nl5\n");
        assert_eq!(read("events.jsonl.2").unwrap(), "l2\nl3\n");
        assert_eq!(read("events.jsonl.3"), None);
    }
}
