//! The example with JSON Web Tokens, over HTTP.

use serde_json::{Value, json};

use crate::process::Listening;

const ME: &str = "/api/v3/core/users/me/";

#[test]
fn jwt_of_a_deactivated_user_is_refused_at_the_next_request() {
    let app =
        Listening::start("jwt", &[("TOKEN_SECRET", "a secret of the test"), ("PASSWORD", "battery staple")]);
    let none = ("x-none", "none");
    let login = |id: i64, password: &str| {
        app.send("POST", "/login", none, Some(&json!({"id": id, "password": password})))
    };
    assert_eq!(login(2, "guessed").status, 401);
    assert_eq!(login(99, "battery staple").status, 401);
    let bearer = |id| format!("Bearer {}", String::from_utf8(login(id, "battery staple").body).unwrap());
    let (root, ada) = (bearer(1), bearer(2));
    let ask = |method: &str, path: &str, token: &str, body: Option<Value>| {
        app.send(method, path, ("authorization", token), body.as_ref()).status
    };
    assert_eq!((ask("GET", ME, &root, None), ask("GET", ME, &ada, None)), (200, 200));
    // A token with another signature, another payload, or none at all.
    let (signed, signature) = ada.rsplit_once('.').unwrap();
    let (_, other) = root.rsplit_once('.').unwrap();
    for forged in [
        format!("{signed}.{other}"),
        format!("{signed}."),
        format!("{signed}x.{signature}"),
        "Bearer x".into(),
    ] {
        assert_eq!(ask("GET", ME, &forged, None), 401, "{forged}");
    }
    assert_eq!(app.send("GET", ME, none, None).status, 401);

    // A change that keeps the sessions, then the deactivation.
    assert_eq!(ask("PATCH", "/api/v3/core/users/2/", &root, Some(json!({"name": "Ada"}))), 200);
    assert_eq!(ask("GET", ME, &ada, None), 200);
    assert_eq!(ask("PATCH", "/api/v3/core/users/2/", &root, Some(json!({"is_active": false}))), 200);
    assert_eq!(ask("GET", ME, &ada, None), 401, "the next request is refused");
    assert_eq!(login(2, "battery staple").status, 401);

    // Active again: the old token stays void.
    assert_eq!(ask("PATCH", "/api/v3/core/users/2/", &root, Some(json!({"is_active": true}))), 200);
    assert_eq!(ask("GET", ME, &ada, None), 401);
    assert_eq!(ask("GET", ME, &bearer(2), None), 200);
}
