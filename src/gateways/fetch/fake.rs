//! A network for tests: a function answers.

use std::sync::{Mutex, PoisonError};

use super::{Fetch, FetchError, FetchRequest, FetchResponse, Fetching};

type Answer = dyn Fn(&FetchRequest) -> Result<FetchResponse, FetchError> + Send + Sync;

/// Answers by a function and remembers what was asked, as `METHOD URL`.
pub struct FakeFetch {
    answer: Box<Answer>,
    asked: Mutex<Vec<String>>,
}

impl FakeFetch {
    /// A network that is this function.
    pub fn new(
        answer: impl Fn(&FetchRequest) -> Result<FetchResponse, FetchError> + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Box::new(answer), asked: Mutex::default() }
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fetch for FakeFetch {
    fn fetch(&self, request: FetchRequest) -> Fetching<'_> {
        let line = format!("{} {}", request.method, request.url);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        let answer = (self.answer)(&request);
        Box::pin(std::future::ready(answer))
    }
}
