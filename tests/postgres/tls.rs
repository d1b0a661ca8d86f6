//! TLS between the reference server and PostgreSQL.

use userbook_tests::{
    encrypted::{Parameters, certificates_decide, rejects},
    servers::postgres::Instance,
};

const PARAMETERS: Parameters =
    Parameters { identity: "sslmode=verify-full", issuer: "sslmode=verify-ca", file: "sslrootcert" };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_decide_whether_the_server_connects() {
    let certificates = Instance::certificates();
    let settings = [
        "--ssl=on".to_owned(),
        format!("--ssl_cert_file={}", certificates.path("server.pem")),
        format!("--ssl_key_file={}", certificates.path("server.key")),
        "--fsync=off".to_owned(),
    ];
    let instance = Instance::new(&settings.each_ref().map(String::as_str)).await;
    let plain = instance.url(instance.port(), "postgres");
    let url = |host: &str| {
        let url = plain.split_once('?').unwrap().0;
        url.replace("@127.0.0.1:", &format!("@{host}:"))
    };
    certificates_decide(&certificates, PARAMETERS, url);
    instance.destroy();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_tls_is_rejected_at_once() {
    let instance = Instance::new(&["--fsync=off"]).await;
    let plain = instance.url(instance.port(), "postgres");
    for mode in ["require", "verify-ca", "verify-full"] {
        rejects(&plain.replace("sslmode=disable", &format!("sslmode={mode}")), "does not support TLS");
    }
    instance.destroy();
}
