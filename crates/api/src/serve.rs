//! The loop that takes connections, and its end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use ror_identity::Caller;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::doors::Doors;
use crate::patience::Bounded;
use crate::peer::{Presented, Proxies, mark};
use crate::tls::Security;

/// Limits of the connections themselves, and what they are made of.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Connections open at the same time; the next ones wait to be taken.
    pub max: usize,
    /// Of these, how many from one address (an IPv6 network of 64 bits is one); the next ones are
    /// closed. Proxies that are named, and this machine, are not counted.
    pub per_address: u32,
    /// How long the handshake of TLS may take.
    pub handshake_time: Duration,
    /// How long a client may take to send the head of a request, idle time included.
    pub head_time: Duration,
    /// Longest head of a request, in bytes.
    pub head_bytes_max: usize,
    /// How long a client may take none of an answer.
    pub write_time: Duration,
    /// How long requests in progress may take to end once the server stops.
    pub drain_time: Duration,
    /// The certificates; without those of a server, connections are not encrypted.
    pub security: Option<Arc<Security>>,
    /// The proxies in front.
    pub proxies: Proxies,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            max: 4_096,
            per_address: 256,
            handshake_time: Duration::from_secs(10),
            head_time: Duration::from_secs(30),
            head_bytes_max: 64 * 1_024,
            write_time: Duration::from_mins(1),
            drain_time: Duration::from_secs(10),
            security: None,
            proxies: Proxies::default(),
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
    let graceful = GracefulShutdown::new();
    let turns = Arc::new(Semaphore::new(limits.max));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(limits.head_bytes_max);
    let open = Arc::new(Open { http, doors: doors.into(), limits, places: Mutex::default() });
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
        let Some(place) = open.place(peer) else { continue };
        let connection = Arc::clone(&open).connection(stream, peer, graceful.watcher());
        tokio::spawn(async move {
            let _held = (turn, place);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(open.limits.drain_time, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still in progress were cut");
    }
    Ok(())
}

/// What all connections share.
struct Open {
    http: http1::Builder,
    doors: Doors,
    limits: Connections,
    /// Connections open from each address that is counted.
    places: Mutex<HashMap<Caller, u32>>,
}

/// A connection counted for its address until dropped.
struct Place {
    open: Arc<Open>,
    caller: Option<Caller>,
}

impl Open {
    /// A place for one more connection from there; `None` when they are all taken.
    fn place(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let open = Arc::clone(self);
        if peer.ip().to_canonical().is_loopback() || self.limits.proxies.names(peer.ip()) {
            return Some(Place { open, caller: None });
        }
        let caller = Caller::at(peer.ip());
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let count = places.entry(caller.clone()).or_default();
        if *count >= self.limits.per_address {
            return None;
        }
        *count += 1;
        drop(places);
        Some(Place { open, caller: Some(caller) })
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, watcher: Watcher) -> io::Result<()> {
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let Some(config) = self.limits.security.as_ref().and_then(|security| security.server()) else {
            return self.requests(stream, peer, None, watcher).await;
        };
        let shaken = tokio::time::timeout(self.limits.handshake_time, TlsAcceptor::from(config).accept(stream));
        let stream = shaken.await.map_err(io::Error::from).flatten().inspect_err(|error| {
            // Why a certificate is refused is what its holder will ask whoever runs the server.
            tracing::info!(%error, "a handshake failed");
        })?;
        let shown = Presented::in_handshake(stream.get_ref().1.peer_certificates().unwrap_or_default());
        self.requests(stream, peer, shown, watcher).await
    }

    async fn requests<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        self: Arc<Self>,
        stream: S,
        peer: SocketAddr,
        shown: Option<Arc<Presented>>,
        watcher: Watcher,
    ) -> io::Result<()> {
        let stream = TokioIo::new(Bounded::new(stream, self.limits.write_time));
        let open = Arc::clone(&self);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            mark(&mut request, peer, shown.as_ref(), &open.limits.proxies);
            let answering = open.doors.answer(request);
            async { Ok::<_, Infallible>(answering.await) }
        });
        watcher.watch(self.http.serve_connection(stream, service)).await.map_err(io::Error::other)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(caller) = &self.caller else { return };
        let mut places = self.open.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = places.get_mut(caller) {
            *count -= 1;
            if *count == 0 {
                places.remove(caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_proxies_and_this_machine_have_all() {
        let proxies = Proxies { addresses: vec!["192.0.2.10".parse().expect("an address")], ..Proxies::default() };
        let limits = Connections { per_address: 2, proxies, ..Connections::default() };
        let doors = Doors::closed(Router::new());
        let open = Arc::new(Open { http: http1::Builder::new(), doors, limits, places: Mutex::default() });
        let place = |address: &str| open.place(SocketAddr::new(address.parse().expect("an address"), 4_000));
        for (one, same, other) in
            [("198.51.100.1", "::ffff:198.51.100.1", "198.51.100.2"), ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]
        {
            let (first, second) = (place(one), place(same));
            assert!(first.is_some() && second.is_some());
            assert!(place(one).is_none() && place(other).is_some());
            drop(first);
            assert!(place(same).is_some(), "a place is given back");
        }
        for free in ["127.0.0.1", "::1", "192.0.2.10"] {
            let held: Vec<_> = (0..5).map(|_| place(free)).collect();
            assert!(held.iter().all(Option::is_some), "{free}");
        }
        assert!(open.places.lock().expect("not poisoned").is_empty());
    }
}
