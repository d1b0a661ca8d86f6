//! Certificates for servers with TLS, made by OpenSSL.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{package::found, supervisor::Account};

/// A folder with `ca.pem`, an unrelated `other.pem`, and `server.pem` with `server.key` for the name `localhost`, which
/// `ca.pem` has issued. It belongs to the account of the server.
#[derive(Debug)]
pub struct Certificates {
    folder: PathBuf,
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

impl Certificates {
    /// Creates the files for a server that runs as the first existing one of these accounts if this is root.
    pub fn new(accounts: &[&str]) -> Self {
        let account = Account::unprivileged(accounts);
        let folder = account.folder("userbook-tls-");
        let openssl = |arguments: &[&str]| {
            let run = || account.command("openssl").args(arguments).current_dir(&folder).output().ok();
            let output = found("openssl", "put `openssl` in the search path", run);
            assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
        };
        for name in ["ca", "other"] {
            let (key, pem, subject) =
                (format!("{name}.key"), format!("{name}.pem"), format!("/CN=Userbook {name}"));
            let files = ["-keyout", &key, "-out", &pem, "-subj", &subject, "-days", "2"];
            let extension = ["-addext", "keyUsage=critical,keyCertSign"];
            openssl(&[&["req", "-x509"], &NEW_KEY[..], &files, &extension].concat());
        }
        let request = ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"];
        openssl(&[&["req"], &NEW_KEY[..], &request].concat());
        fs::write(folder.join("extensions"), "subjectAltName=DNS:localhost\n")
            .expect("the folder can be written");
        let issue =
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        let files = ["-days", "2", "-extfile", "extensions", "-out", "server.pem"];
        openssl(&[&issue[..], &files].concat());
        Self { folder }
    }

    /// Returns the path of a file.
    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        // A folder that remains does no harm.
        let _ = fs::remove_dir_all(Path::new(&self.folder));
    }
}
