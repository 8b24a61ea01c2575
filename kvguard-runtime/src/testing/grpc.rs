//! Functions as methods of gRPC servers.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tonic::{Request, Response, Status};
use tower_service::Service;

/// A method that is a function of its message.
pub(super) struct Handler<Function>(pub(super) Function);

impl<Function, Answering, Asked, Answer> Service<Request<Asked>> for Handler<Function>
where
    Function: FnMut(Asked) -> Answering,
    Answering: Future<Output = Result<Answer, Status>> + Send + 'static,
{
    type Response = Response<Answer>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Asked>) -> Self::Future {
        let answering = (self.0)(request.into_inner());
        Box::pin(async move { answering.await.map(Response::new) })
    }
}

/// A stream of messages that another task sends.
pub(super) struct Messages<Answer>(pub(super) mpsc::Receiver<Result<Answer, Status>>);

impl<Answer> futures_core::Stream for Messages<Answer> {
    type Item = Result<Answer, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
