//! The loop that takes connections, and its end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::doors::Doors;

/// Limits of the connections themselves.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Connections open at the same time; the next ones wait to be taken.
    pub max: usize,
    /// How long a client may take to send the head of a request, idle time included.
    pub head_time: Duration,
    /// Longest head of a request, in bytes.
    pub head_bytes_max: usize,
    /// How long requests in progress may take to end once the server stops.
    pub drain_time: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            max: 4_096,
            head_time: Duration::from_secs(30),
            head_bytes_max: 64 * 1_024,
            drain_time: Duration::from_secs(10),
        }
    }
}

/// How long to wait when a connection cannot be taken: no file descriptor left, say.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `doors`, or one router, until `stop` ends; then takes no more connections, lets requests in
/// progress end, and returns.
///
/// # Errors
/// None for now: a connection that fails is the affair of its client alone.
pub async fn serve(
    listener: TcpListener,
    doors: impl Into<Doors>,
    limits: Connections,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let doors = doors.into();
    let graceful = GracefulShutdown::new();
    let turns = Arc::new(Semaphore::new(limits.max));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(limits.head_bytes_max);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let turn = Arc::clone(&turns).acquire_owned().await;
            (turn, listener.accept().await)
        };
        let (turn, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let Ok((stream, peer)) = accepted else {
            tracing::warn!("a connection could not be taken");
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let connection = connection(&http, stream, peer, doors.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _turn = turn;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain_time, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still in progress were cut");
    }
    Ok(())
}

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    doors: Doors,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Answers are written whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = doors.answer(request);
        async { Ok::<_, Infallible>(answering.await) }
    });
    http.serve_connection(TokioIo::new(stream), service)
}
