//! TLS between the reference server and MariaDB.

use userbook_tests::{
    encrypted::{Parameters, certificates_decide, rejects},
    servers::mariadb::{Instance, Server},
};

const PARAMETERS: Parameters =
    Parameters { identity: "ssl-mode=VERIFY_IDENTITY", issuer: "ssl-mode=VERIFY_CA", file: "ssl-ca" };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_decide_whether_the_server_connects() {
    let certificates = Instance::certificates();
    let settings = [
        format!("--ssl-cert={}", certificates.path("server.pem")),
        format!("--ssl-key={}", certificates.path("server.key")),
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
    ];
    let instance = Instance::new(&settings.each_ref().map(String::as_str));
    Server::administer(&instance.options(), "CREATE DATABASE encrypted".to_owned()).await;
    let plain = instance.url(instance.port(), "encrypted");
    certificates_decide(&certificates, PARAMETERS, |host| plain.replace("@127.0.0.1:", &format!("@{host}:")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_tls_is_rejected_at_once() {
    let instance = Instance::new(&["--skip-ssl"]);
    let plain = instance.url(instance.port(), "mysql");
    for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
        rejects(&format!("{plain}?ssl-mode={mode}"), "does not support TLS");
    }
}
