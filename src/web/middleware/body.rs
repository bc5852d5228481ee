//! A response body that keeps its connection's count right until it has left.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::connection::Sending;

/// A body and the mark that it is still being sent.
#[derive(Debug)]
pub struct Tracked {
    body: BoxBody,
    sending: Option<Sending>,
}

impl Tracked {
    pub(super) fn new(body: BoxBody, sending: Option<Sending>) -> Self {
        Self { body, sending }
    }
}

impl MessageBody for Tracked {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = self.body.as_pin_mut().poll_next(cx);
        if next.is_ready()
            && let Some(sending) = &self.sending
        {
            sending.touch();
        }
        next
    }
}
