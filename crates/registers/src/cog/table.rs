//! The table itself and its lookups. Depends on no other register code, so that search can take it
//! as it is.

/// A point on the ground, WGS 84, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// −90 to 90, north positive.
    pub latitude: f64,
    /// −180 to 180, east positive.
    pub longitude: f64,
}
