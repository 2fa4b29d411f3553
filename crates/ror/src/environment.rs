//! The clock and the chance of the machine: read here and nowhere else.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::RngCore as _;
use ror_directory::Environment;
use ror_fhir::Instant;
use ror_ledger::Ledger;

use crate::geography::Communes;

/// The time now, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place where the program reads the clock")]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Fills with random bytes of the system: for keys and secrets.
pub(crate) fn random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system gives random bytes");
}

/// Fills with random bytes for what each request needs: identifiers and nonces. As hard to guess
/// as those of the system, which seeds a generator of each thread, and twenty times cheaper.
#[expect(clippy::disallowed_methods, reason = "the one place where the program draws lots")]
fn draw(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

/// With the official geographic code of a ledger, or the one inside the program.
pub(crate) fn environment(ledger: &dyn Ledger) -> anyhow::Result<Environment> {
    let geography = Box::leak(Box::new(Communes::read(ledger)?));
    Ok(Environment { now: Arc::new(now), random: Arc::new(draw), geography })
}
