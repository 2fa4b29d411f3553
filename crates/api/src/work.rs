//! An answer that is there already, or one that waits for a body, a write or another thread.
//!
//! Most requests are answered from memory at once: those are made without any future of their
//! own, since moving one costs more than the answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::Response;

use crate::answer::Answer;
use crate::outcome::Fault;

/// What is still to be done for an answer.
pub(crate) enum Work {
    Done(Box<Answer>),
    Waits(Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send>>),
}

impl Work {
    pub(crate) fn done(answer: Answer) -> Self {
        Self::Done(Box::new(answer))
    }

    pub(crate) fn waits(answering: impl Future<Output = Result<Answer, Fault>> + Send + 'static) -> Self {
        Self::Waits(Box::pin(answering))
    }

    /// The answer, once there.
    pub(crate) async fn ended(self) -> Result<Answer, Fault> {
        match self {
            Self::Done(answer) => Ok(*answer),
            Self::Waits(answering) => answering.await,
        }
    }
}

/// A response, now or later.
pub(crate) enum Answering {
    /// Taken at the first poll.
    Now(Option<Box<Response<Body>>>),
    Later(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Answering {
    pub(crate) fn now(response: Response<Body>) -> Self {
        Self::Now(Some(Box::new(response)))
    }

    pub(crate) fn later(response: impl Future<Output = Response<Body>> + Send + 'static) -> Self {
        Self::Later(Box::pin(response))
    }
}

impl Future for Answering {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response<Body>> {
        match &mut *self {
            Self::Now(response) => Poll::Ready(*response.take().expect("polled once when ready")),
            Self::Later(response) => Poll::Ready(ready!(response.as_mut().poll(context))),
        }
    }
}
