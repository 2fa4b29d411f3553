//! Who is calling: the register of clients, tokens, and the only place that makes a [`Grant`].
//!
//! * [`clients`]: adding, revoking and checking the software that may call.
//! * [`Identity::token`]: the token address, client credentials (RFC 6749 §4.4).
//! * [`Identity::authenticate`]: from an `Authorization` header, or none, to a grant.
//! * [`people`]: persons, their rights, signing in, sessions.
//! * [`Limiter`]: how much each caller may ask (D61), API and pages together.
//! * [`CallTimes`]: how long calls of the API take, for the state of the service (D79).
//!
//! What a client may do is read from the register at each call, never from its token nor from
//! a header it sends (D16, D60): revoking takes effect within [`REFRESH_MS`].
//!
//! A client proves who it is by a secret, by a certificate that a configured authority vouches
//! for ([`Shown`]), or by the token of another issuer ([`Issuer`]).
//!
//! This crate knows nothing of HTTP, of search, nor of what resources hold. The clock and
//! chance are handed in.
//!
//! [`Grant`]: ror_confidentiality::Grant

pub mod clients;
pub mod people;

mod authenticate;
mod cache;
mod certificate;
mod issuer;
mod keys;
mod limits;
mod name;
mod oauth;
mod rights;
mod secret;
mod times;
mod token;
mod told;
mod traces;

#[cfg(test)]
mod tests;

pub use authenticate::{AuthError, Identity, OpenError, Settings};
pub use cache::REFRESH_MS;
pub use certificate::{Authority, Certificate, CertificateName, Shown};
pub use clients::{ClientError, Credentials, NewClient};
pub use issuer::{Issuer, IssuerError, KEYS_LIFE_MS, KEYS_PAUSE_MS, KEYS_REFRESH_MS};
pub use keys::{KEY_DAYS, KeyError, PUBLISHED_AHEAD_S, Rotation, rotate};
pub use limits::{CallLimits, Caller, Limiter, Permit, Throttled};
pub use oauth::{OAuthError, OAuthErrorCode, TokenResponse, basic_client};
pub use rights::{ClientRights, OutsideName, Proof, Write};
pub use secret::Secret;
pub use times::{CallKind, CallTimes, Figures, HeldMeter, LONGEST_MS, Meter, Waiting};
pub use token::{LIFETIME_S, TOLERANCE_S};
pub use told::{Asked, Below, Told, ToldPage, Unread};
pub use traces::{
    AuditFilter, AuditRow, DONE, Marks, Retention, TraceFilter, TraceLine, TraceRow, Traces, refused_sign_in,
    token_asked,
};

/// Fills a buffer with unpredictable bytes; handed in, so that tests are repeatable.
///
/// In the program this is the operating system's generator.
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;
