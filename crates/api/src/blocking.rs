//! Work that is handed to another thread, so that those that answer never wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task;

use crate::outcome::Fault;

/// Runs `work` on a thread that may block; a panic goes on in the caller.
///
/// # Errors
/// 503 when the program is stopping.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    match task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Fault::transient("stopping", "Le serveur s'arrête : réessayez.")),
        },
    }
}

/// Runs `work` when its turn comes, and gives up after `limit` in all (D61).
///
/// What is given up goes on to its end and keeps its turn until then: a flood of costly
/// queries never takes more threads than there are turns.
///
/// # Errors
/// 503 `too-costly` after `limit`.
pub(crate) async fn run_within<T: Send + 'static>(
    limit: Duration,
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let turns = Arc::clone(turns);
    let done = tokio::time::timeout(limit, async {
        let turn = turns.acquire_owned().await;
        run(move || {
            let _turn = turn;
            work()
        })
        .await
    });
    done.await.unwrap_or_else(|_| Err(Fault::too_costly()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn d61_work_that_takes_too_long_is_given_up_but_keeps_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let (finish, finished) = mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let endless = run_within(limit, &turns, move || finished.recv().is_ok()).await;
        assert_eq!(endless.map_err(|fault| fault.status.as_u16()), Err(503));
        assert!(run_within(limit, &turns, || ()).await.is_err(), "its turn is not free yet");
        finish.send(()).expect("still running");
        assert_eq!(run_within(Duration::from_secs(20), &turns, || 7).await, Ok(7));
    }
}
