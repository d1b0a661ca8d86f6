//! A body for the responses to requests that are not HTTP. The parser sends them itself, without a body, before any
//! code of this crate sees the request: also for a query whose quotation marks are not escaped.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The responses of the parser by the beginning of their status line, each with an explanation as JSON. The client's
/// `Accept` is not known: the head was not read.
const EXPLANATIONS: [(&[u8], &str); 2] = [
    (
        b"HTTP/1.1 400 ",
        r#"{"detail":"The request is not valid HTTP. In the URL, spaces, quotation marks and non-ASCII characters must be percent-encoded: \" is %22. With curl: --get --data-urlencode 'attributes={…}'."}"#,
    ),
    (b"HTTP/1.1 431 ", r#"{"detail":"The URL and the headers of the request are too large."}"#),
];

/// The headers that replace the parser's `content-length: 0`.
const EMPTY: &[u8] = b"\r\ncontent-length: 0\r\n";
const HEADERS: &str =
    "cache-control: no-store\r\nx-content-type-options: nosniff\r\ncontent-type: application/json\r\n";

/// A response of the parser with an explanation. `None` for any other bytes: this server's own responses with these
/// statuses have a body.
fn explained(response: &[u8]) -> Option<Vec<u8>> {
    let (_, body) = EXPLANATIONS.into_iter().find(|(status, _)| response.starts_with(status))?;
    let head = response.strip_suffix(b"\r\n\r\n")?;
    if head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        return None;
    }
    // The blank line begins with the end of the last header.
    let head = response.get(..head.len() + 2)?;
    let start = head.windows(EMPTY.len()).position(|bytes| bytes == EMPTY)?;
    let (before, rest) = head.split_at_checked(start + 2)?;
    let after = rest.get(EMPTY.len() - 2..)?;
    let length = format!("{HEADERS}content-length: {}\r\n", body.len());
    Some([before, length.as_bytes(), after, b"\r\n", body.as_bytes()].concat())
}

/// A connection that explains the parser's responses.
#[derive(Debug)]
pub(crate) struct ExplainingStream<S> {
    stream: S,
    /// What replaces a response, and how much of it is written.
    pending: Vec<u8>,
    written: usize,
}

impl<S> ExplainingStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new(), written: 0 }
    }
}

impl<S: AsyncWrite + Unpin> ExplainingStream<S> {
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.pending.get(self.written..) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes a response that needs an explanation.
    fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        self.pending = explained(bytes)?;
        self.written = 0;
        Some(bytes.len())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ExplainingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ExplainingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        match self.take(bytes) {
            Some(taken) => Poll::Ready(Ok(taken)),
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        match buffers.iter().find(|buffer| !buffer.is_empty()).and_then(|buffer| self.take(buffer)) {
            Some(taken) => Poll::Ready(Ok(taken)),
            None => Pin::new(&mut self.stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const PARSERS: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";

    async fn sent(bytes: &[u8]) -> String {
        let mut stream = ExplainingStream::new(Vec::new());
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        String::from_utf8(stream.stream).unwrap()
    }

    #[tokio::test]
    async fn responses_of_the_parser_get_a_body() {
        let response = sent(PARSERS).await;
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"), "{head}");
        assert!(head.ends_with("\r\ndate: now"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert!(!head.contains("content-length: 0"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["detail"].as_str().unwrap().contains("%22"), "{body}");
    }

    #[tokio::test]
    async fn other_bytes_pass() {
        let with_body = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}";
        let empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let several = String::from_utf8([PARSERS, PARSERS].concat()).unwrap();
        for bytes in [with_body, empty, &several, "{\"a\": 1}", ""] {
            assert_eq!(sent(bytes.as_bytes()).await, bytes);
        }
    }

    #[test]
    fn every_explanation_is_json() {
        for (_, body) in EXPLANATIONS {
            assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{body}");
        }
    }
}
