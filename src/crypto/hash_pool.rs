//! The threads that hash passwords: few, with memory they use again, and a short queue in front.
//!
//! Fresh memory costs more than the hash itself (every page is a fault), so a worker keeps its own. A worker
//! with nothing to do for a while ends and gives it back: an idle server holds none.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::Block;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How long a worker keeps its memory with nothing to do.
const IDLE: Duration = Duration::from_secs(10);

/// How much hashing may go on, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashLimits {
    /// Hashes at once; 0 for one on each core.
    pub max_parallel: usize,
    /// How many more may wait for their turn.
    pub queue_length: usize,
    /// How long one may wait.
    pub queue_wait: Duration,
}

/// Too many passwords are being checked: to be answered with 503 and `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at the moment")]
pub struct HasherBusy;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    limits: HashLimits,
}

impl Pool {
    pub(super) fn new(mut limits: HashLimits) -> Self {
        if limits.max_parallel == 0 {
            limits.max_parallel = thread::available_parallelism().map_or(1, usize::from);
        }
        Self {
            shared: Arc::default(),
            slots: Arc::new(Semaphore::new(limits.max_parallel)),
            waiting: AtomicUsize::new(0),
            limits,
        }
    }

    /// Runs `work` on a worker once it is this call's turn. A call that is dropped while it waits gives its
    /// turn to the next.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, HasherBusy>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    {
        let turn = self.turn().await?;
        let (answer, answered) = oneshot::channel();
        self.shared.submit(
            Box::new(move |memory| {
                let _turn = turn;
                if !answer.is_closed() {
                    // The asker may have left meanwhile; then nobody needs the answer.
                    let _ = answer.send(work(memory));
                }
            }),
            self.limits.max_parallel,
        )?;
        answered.await.map_err(|_| HasherBusy)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, HasherBusy> {
        if let Ok(turn) = self.slots.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let _place = Place::take(&self.waiting, self.limits.queue_length)?;
        let turn = tokio::time::timeout(self.limits.queue_wait, self.slots.clone().acquire_owned());
        turn.await.map_err(|_| HasherBusy)?.map_err(|_| HasherBusy)
    }

    /// How many wait for their turn now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, HasherBusy> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < most { Ok(place) } else { Err(HasherBusy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    alive: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>, job: Job, most: usize) -> Result<(), HasherBusy> {
        let mut state = self.state();
        if state.jobs.len() >= state.idle && state.alive < most {
            let shared = self.clone();
            let named = thread::Builder::new().name("portico-password".to_owned());
            match named.spawn(move || shared.work()) {
                Ok(_) => state.alive += 1,
                Err(_) if state.alive == 0 => return Err(HasherBusy),
                // Those at work will come to it.
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    fn work(&self) {
        let mut memory = Vec::new();
        while let Some(job) = self.next() {
            // A worker outlives a fault in one job; the asker gets no answer and is told to come again.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                memory = Vec::new();
            }
        }
    }

    /// The next job; `None` when there was none for long, and then this worker no longer counts.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            let (woken, wait) = self.wake.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if wait.timed_out() && state.jobs.is_empty() {
                state.alive -= 1;
                return None;
            }
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        write!(f, "{} workers, {} idle", state.alive, state.idle)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn pool(max_parallel: usize, queue_length: usize, wait_ms: u64) -> Arc<Pool> {
        let queue_wait = Duration::from_millis(wait_ms);
        Arc::new(Pool::new(HashLimits { max_parallel, queue_length, queue_wait }))
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn no_more_run_at_once_than_allowed_and_all_get_their_turn() {
        let (pool, running, most) =
            (pool(2, 100, 60_000), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        runtime().block_on(async {
            let calls = (0..20).map(|n| {
                let (running, most) = (running.clone(), most.clone());
                pool.run(move |_| {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    running.fetch_sub(1, Ordering::SeqCst);
                    n
                })
            });
            let answers = futures_util::future::join_all(calls).await;
            assert_eq!(answers, (0..20).map(Ok).collect::<Vec<_>>());
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert!(pool.shared.state().alive <= 2);
        assert_eq!(pool.waiting(), 0);
    }

    #[test]
    fn a_full_queue_and_a_long_wait_are_refused() {
        let pool = pool(1, 1, 30);
        runtime().block_on(async {
            let (release, held) = mpsc::channel::<()>();
            let slow = pool.run(move |_| held.recv().is_err());
            let waits = pool.run(|_| true);
            let third = async {
                tokio::task::yield_now().await;
                assert_eq!(pool.run(|_| true).await, Err(HasherBusy), "the queue is full");
            };
            let end = async {
                tokio::time::sleep(Duration::from_millis(120)).await;
                drop(release);
            };
            let (slow, waited, (), ()) = futures_util::future::join4(slow, waits, third, end).await;
            assert_eq!(waited, Err(HasherBusy), "the wait was too long");
            assert_eq!(slow, Ok(true), "what has begun is finished");
            assert_eq!(pool.run(|_| 7).await, Ok(7), "and the next is served");
        });
    }

    #[test]
    fn a_fault_in_one_job_spoils_nothing() {
        let pool = pool(1, 1, 1_000);
        runtime().block_on(async {
            let fault: Result<(), _> = pool.run(|_| panic!("a fault, on purpose")).await;
            assert_eq!(fault, Err(HasherBusy));
            assert_eq!(pool.run(|_| 7).await, Ok(7));
        });
    }
}
