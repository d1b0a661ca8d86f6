//! Liveness and readiness.

use userbook_tests::binary::{Server, send};

#[test]
fn health_requires_no_authentication() {
    let server = Server::start(&["--database", "memory:"]);
    for path in ["/-/health/live/", "/-/health/ready/"] {
        for method in ["GET", "HEAD"] {
            let answer =
                send(server.address, method, path, &[("authorization", "Bearer wrong")], None).unwrap();
            assert_eq!((answer.status, answer.body.len()), (200, 0), "{method} {path}");
        }
    }
}
