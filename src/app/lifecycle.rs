//! Start, reload and stop: what signals do, and what readiness means.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::web::middleware::Drain;

/// Whether traffic should come here. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    started: AtomicBool,
    broken: AtomicBool,
    drain: Drain,
}

impl Readiness {
    /// Start-up is done.
    pub fn set_started(&self) {
        self.0.started.store(true, Ordering::Release);
    }

    /// Whether something the service cannot do without, such as the database, is reachable.
    pub fn set_healthy(&self, healthy: bool) {
        self.0.broken.store(!healthy, Ordering::Release);
    }

    /// Started, healthy and not stopping.
    pub fn is_ready(&self) -> bool {
        self.0.started.load(Ordering::Acquire)
            && !self.0.broken.load(Ordering::Acquire)
            && !self.0.drain.is_on()
    }

    /// The mark that the process is stopping, for the edge and the server.
    pub fn drain(&self) -> &Drain {
        &self.0.drain
    }
}

/// How to stop.
#[derive(Clone, Copy, Debug)]
pub struct StopSettings {
    /// How long new connections are still taken after the stop signal, so that a balancer can notice that we
    /// are not ready. Answers close their connection meanwhile.
    pub notice: Duration,
    /// How long requests in work may take after that.
    pub drain: Duration,
}

impl Default for StopSettings {
    fn default() -> Self {
        Self { notice: Duration::from_millis(500), drain: Duration::from_secs(30) }
    }
}

/// How the service ended; either way the exit code is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every request in work was answered.
    Drained,
    /// The time was up, or a second signal said not to wait; what was in work is cut off.
    Cut,
}

struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until a signal stops it. SIGTERM and SIGINT drain and, sent again, stop at once; SIGHUP calls
/// `reload`. The management server stays up to the end, so that readiness can be asked while draining.
///
/// # Errors
/// When signals cannot be listened for, or a server fails by itself.
pub async fn run(
    public: Server,
    management: Option<Server>,
    readiness: &Readiness,
    settings: StopSettings,
    mut reload: impl FnMut(),
) -> io::Result<Ended> {
    let mut stop = StopSignals::listen()?;
    let mut hangup = signal(SignalKind::hangup())?;
    let handle = public.handle();
    let mut public = pin!(public);
    let management_handle = management.as_ref().map(Server::handle);
    let management = management.map(actix_web::rt::spawn);
    readiness.set_started();
    let ended = loop {
        tokio::select! {
            result = &mut public => return result.map(|()| Ended::Drained),
            _ = hangup.recv() => {
                tracing::info!(target: "portico::lifecycle", "SIGHUP: reloading");
                reload();
            }
            () = stop.next() => {
                readiness.drain().begin();
                tracing::info!(target: "portico::lifecycle", "stopping: requests in work are finished");
                let whole = settings.notice + settings.drain + Duration::from_secs(1);
                let drained = timeout(whole, async {
                    tokio::time::sleep(settings.notice).await;
                    let asked = handle.stop(true);
                    (public.await, asked.await).0
                });
                tokio::select! {
                    outcome = drained => match outcome {
                        Ok(result) => break result.map(|()| Ended::Drained)?,
                        Err(_) => break Ended::Cut,
                    },
                    () = stop.next() => break Ended::Cut,
                }
            }
        }
    };
    tracing::info!(target: "portico::lifecycle", ?ended, "stopped");
    if let (Some(handle), Some(task)) = (management_handle, management) {
        // The answer to "is it stopped" does not matter any more: the process ends.
        let _stopped = timeout(Duration::from_secs(1), handle.stop(false)).await;
        task.abort();
    }
    Ok(ended)
}
