//! A server's status, before it is read.
//!
//! tonic panics on a `grpc-status-details-bin` that is no base64, and forgets the code of a status whose message is no text. The details are
//! never looked at here and a message only for a few known words, so both can be left out.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::HeaderMap;
use http::{Request, Response};
use hyper::body::{Body, Frame, SizeHint};
use tower_service::Service;

const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// The most bytes of a status's message as it is sent.
const MESSAGE_BYTES: usize = 4 * 1024;

/// Leaves out of statuses what could not be read, before they are.
#[derive(Debug, Clone)]
pub(super) struct StatusGuard<Inner>(Inner);

impl<Inner> StatusGuard<Inner> {
    pub(super) fn new(inner: Inner) -> Self {
        Self(inner)
    }
}

impl<Inner, Asked, Answer> Service<Request<Asked>> for StatusGuard<Inner>
where
    Inner: Service<Request<Asked>, Response = Response<Answer>>,
    Inner::Future: Send + 'static,
{
    type Response = Response<StatusGuard<Answer>>;
    type Error = Inner::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Inner::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Inner::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Asked>) -> Self::Future {
        let answering = self.0.call(request);
        Box::pin(async move {
            let mut response = answering.await?;
            // An answer without a message has its status here.
            clean(response.headers_mut());
            Ok(response.map(StatusGuard))
        })
    }
}

impl<Inner: Body + Unpin> Body for StatusGuard<Inner> {
    type Data = Inner::Data;
    type Error = Inner::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.0)
            .poll_frame(context)
            .map_ok(|frame| match frame.into_trailers() {
                Ok(mut trailers) => {
                    clean(&mut trailers);
                    Frame::trailers(trailers)
                }
                Err(frame) => frame,
            })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

fn clean(headers: &mut HeaderMap) {
    headers.remove(DETAILS);
    let is_readable =
        |message: &http::HeaderValue| message.len() <= MESSAGE_BYTES && is_text(message.as_bytes());
    if headers
        .get(MESSAGE)
        .is_some_and(|message| !is_readable(message))
    {
        headers.remove(MESSAGE);
    }
}

/// Whether a message is UTF-8 once its percent-encoding is undone.
fn is_text(message: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(message.len());
    let mut rest = message;
    while let [first, after @ ..] = rest {
        let byte = match after {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = byte {
            decoded.push(high << 4 | low);
            rest = after.get(2..).unwrap_or_default();
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn a_message_is_text_if_it_is_utf_8_once_decoded() {
        for message in ["", "plain", "100%", "%", "%zz", "a%20b", "%C3%A6", "\u{e6}"] {
            assert!(is_text(message.as_bytes()), "{message}");
        }
        for message in [&b"%FF"[..], b"%C3", b"%C3%20", b"\xff", b"a%ffb"] {
            assert!(!is_text(message), "{message:?}");
        }
    }
}
