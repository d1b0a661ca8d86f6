//! A client that keeps its cookie.

use serde_json::Value;
use userbook_tests::binary::Answer;

use crate::process::Listening;

/// A browser with one session.
pub(crate) struct Browser<'a> {
    app: &'a Listening,
    cookie: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a Listening) -> Self {
        Self::with_cookie(app, "")
    }

    pub(crate) fn with_cookie(app: &'a Listening, cookie: &str) -> Self {
        Self { app, cookie: cookie.to_owned() }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        let answer = self.app.send(method, path, ("cookie", &self.cookie), body);
        if let Some(cookie) = answer.header("set-cookie") {
            cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        answer
    }

    pub(crate) fn status(&mut self, method: &str, path: &str, body: &Value) -> u16 {
        self.send(method, path, body).status
    }

    pub(crate) fn json(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.send(method, path, body);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}
