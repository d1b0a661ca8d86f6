//! `--events file:PATH`: audit events as JSON Lines in a file with rotation.

use std::{
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use userbook::{event::Event, service::EventSink};

use super::{of_tenant::TenantSink, stdout::line};
use crate::writer::Writer;

/// Appends each event as one line to a file that only its owner can read. An event is delivered once the line is on
/// disk. A file that would exceed the size becomes `PATH.1`, `PATH.1` becomes `PATH.2`, and so on. If another program
/// renames or deletes the file, the next event starts a new one.
#[derive(Debug)]
pub struct FileSink {
    writer: Writer,
    tenant: Option<Arc<str>>,
}

impl FileSink {
    /// Opens the file and starts the thread that writes. At most `files` older files of about `bytes` bytes are kept.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn start(path: &Path, bytes: u64, files: u32) -> io::Result<Self> {
        let mut file = RotatingFile::open(path, bytes, files)?;
        Ok(Self { writer: Writer::start("events-file", move |line| file.append(line))?, tenant: None })
    }
}

#[async_trait]
impl EventSink for FileSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.writer.write(line(event, self.tenant.as_deref())?).await?)
    }
}

impl TenantSink for FileSink {
    fn of_tenant(&self, tenant: &str) -> Arc<dyn EventSink> {
        Arc::new(Self { writer: self.writer.clone(), tenant: Some(tenant.into()) })
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
        if !self.is_in_place()? {
            self.reopen()?;
        }
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

    /// Returns false if another program has renamed, replaced or deleted the file.
    fn is_in_place(&self) -> io::Result<bool> {
        let opened = self.file.metadata()?;
        match fs::metadata(&self.path) {
            Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let file = open(&self.path)?;
        self.length = file.metadata()?.len();
        self.file = file;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let numbered = |n: u32| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{n}"));
            PathBuf::from(name)
        };
        // Files above a gap stay: after a rotation that failed, the next one continues instead of moving them again.
        let mut last = 1;
        while last < self.files && fs::exists(numbered(last))? {
            last += 1;
        }
        for n in (1..last).rev() {
            fs::rename(numbered(n), numbered(n + 1))?;
        }
        if self.files == 0 {
            fs::remove_file(&self.path)?;
        } else {
            fs::rename(&self.path, numbered(1))?;
        }
        self.reopen()
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_another_program_renamed_or_deleted_is_started_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        let mut file = RotatingFile::open(&path, 8, 2).unwrap();
        file.append(b"a\n").unwrap();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        for line in [b"b1\n", b"b2\n", b"b3\n"] {
            file.append(line).unwrap();
        }
        assert_eq!(read("moved").unwrap(), "a\n");
        assert_eq!(
            (read("events.jsonl").unwrap(), read("events.jsonl.1").unwrap()),
            ("b3\n".into(), "b1\nb2\n".into())
        );
        fs::remove_file(&path).unwrap();
        file.append(b"c\n").unwrap();
        assert_eq!(
            (read("events.jsonl").unwrap(), read("events.jsonl.1").unwrap()),
            ("c\n".into(), "b1\nb2\n".into())
        );
    }

    #[test]
    fn rotation_that_failed_continues_without_moving_files_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut file = RotatingFile::open(&path, 4, 3).unwrap();
        for line in [b"l1\n", b"l2\n", b"l3\n"] {
            file.append(line).unwrap();
        }
        // A rotation moved the older files, and failed before it moved the newest one.
        let numbered = |n: u32| folder.path().join(format!("events.jsonl.{n}"));
        fs::rename(numbered(2), numbered(3)).unwrap();
        fs::rename(numbered(1), numbered(2)).unwrap();
        file.append(b"l4\n").unwrap();
        let texts = [1, 2, 3].map(|n| fs::read_to_string(numbered(n)).unwrap());
        assert_eq!(texts, ["l3\n", "l2\n", "l1\n"]);
    }

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
