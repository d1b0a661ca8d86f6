//! Converts requests and responses between two versions of the crate `http`, by their bytes: actix-web uses 0.2, the
//! API 1.x.

use std::{
    convert::Infallible,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    body::{BodySize, MessageBody},
    http::StatusCode,
    web::Bytes,
};
use http::{
    HeaderName, HeaderValue, Method, Request, Response, Uri, Version,
    header::CONTENT_LENGTH,
    uri::{Parts, PathAndQuery},
};

/// Converts the request, with its path from `start` on.
///
/// # Errors
/// Fails if the newer types reject a value that the older types accept.
pub(crate) fn request<B>(request: &HttpRequest, start: usize, body: B) -> Result<Request<B>, http::Error> {
    let mut converted = Request::new(body);
    *converted.method_mut() = Method::from_bytes(request.method().as_str().as_bytes())?;
    *converted.uri_mut() = uri(request.uri(), start)?;
    *converted.version_mut() = version(request.version());
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes())?;
        converted.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes())?);
    }
    if let Some(shared) = request.extensions().get::<http::Extensions>() {
        *converted.extensions_mut() = shared.clone();
    }
    Ok(converted)
}

fn uri(uri: &actix_web::http::Uri, start: usize) -> Result<Uri, http::Error> {
    let whole: Uri = uri.to_string().parse()?;
    let mut parts: Parts = whole.into_parts();
    let below = parts.path_and_query.as_ref().and_then(|path| path.as_str().get(start..));
    parts.path_and_query = below.map(PathAndQuery::try_from).transpose()?;
    Ok(Uri::from_parts(parts)?)
}

fn version(version: actix_web::http::Version) -> Version {
    use actix_web::http::Version as Old;
    match version {
        Old::HTTP_09 => Version::HTTP_09,
        Old::HTTP_10 => Version::HTTP_10,
        Old::HTTP_2 => Version::HTTP_2,
        Old::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// Converts the response. Its extensions are stored in the new response as one [`http::Extensions`].
pub(crate) fn response(response: Response<bytes::Bytes>) -> HttpResponse {
    let (mut head, bytes) = response.into_parts();
    // Both versions accept statuses from 100 to 999.
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponseBuilder::new(status);
    for (name, value) in &head.headers {
        builder.append_header((name.as_str(), value.as_bytes()));
    }
    builder.extensions_mut().insert(mem::take(&mut head.extensions));
    let declared = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = declared.unwrap_or(bytes.len() as u64);
    builder.body(Finished { bytes, length })
}

/// A complete body with its declared length, because actix sends no other length. A response to HEAD has only the
/// length.
#[derive(Debug)]
struct Finished {
    bytes: Bytes,
    length: u64,
}

impl MessageBody for Finished {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let bytes = mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }
}
