//! Signals. One test, because signals reach every test of the process.

use std::process::Command;

use super::super::lifecycle::{Ended, StopSettings, run};
use super::*;

fn send(signal: &str) {
    let done = Command::new("kill").arg(signal).arg(std::process::id().to_string()).status();
    assert!(done.unwrap().success());
}

async fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

/// Starts a server under `run`, with one request hanging and one idle connection.
async fn busy()
-> (Running, actix_web::rt::task::JoinHandle<std::io::Result<Ended>>, TcpStream, TcpStream, Arc<AtomicUsize>)
{
    let settings = ServerSettings { idle_timeout: Duration::from_secs(20), ..hasty() };
    let (running, server) = build(&settings, None);
    let (readiness, reloads) = (running.readiness.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&reloads);
    let task = actix_web::rt::spawn(async move {
        let stop = StopSettings { notice: Duration::from_millis(200), drain: Duration::from_secs(10) };
        run(server, None, &readiness, stop, || {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .await
    });
    wait_until("ready", || running.readiness.is_ready()).await;
    let mut hanging = TcpStream::connect(running.address).await.unwrap();
    hanging.write_all(b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 4_096]).await.unwrap() > 0);
    wait_until("hanging", || running.hanging.load(Ordering::SeqCst) == 1).await;
    (running, task, hanging, idle, reloads)
}

#[actix_web::test]
async fn r_40_r_41_signals_reload_drain_and_stop() {
    let (running, task, mut hanging, mut idle, reloads) = busy().await;
    send("-HUP");
    wait_until("reloaded", || reloads.load(Ordering::SeqCst) == 1).await;
    assert!(running.readiness.is_ready());
    send("-TERM");
    wait_until("not ready at once", || !running.readiness.is_ready()).await;
    assert!(!task.is_finished());
    // Still answered while the notice runs, and told to go away.
    let answer = talk(running.address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    let answer = String::from_utf8_lossy(&read_all(&mut hanging).await).into_owned();
    assert!(answer.ends_with("done"), "the request in work was finished: {answer}");
    read_all(&mut idle).await;
    assert_eq!(task.await.unwrap().unwrap(), Ended::Drained);
    assert!(TcpStream::connect(running.address).await.is_err());

    let (running, task, _hanging, _idle, _) = busy().await;
    send("-TERM");
    wait_until("draining", || !running.readiness.is_ready()).await;
    send("-TERM");
    assert_eq!(task.await.unwrap().unwrap(), Ended::Cut);
}
