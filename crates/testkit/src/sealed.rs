//! What does not compile: reading without a grant, making one, naming a body.
//!
//! Rust checks that each piece below fails to compile, not why. So first comes one that
//! compiles, with the same names: what follows differs from it by one thing.
//!
//! ```
//! use ror_confidentiality::{Audience, Grant, Rights};
//! use ror_index::{Hit, Snapshot, View};
//! use ror_search::ResourceType;
//!
//! fn read(snapshot: &Snapshot, grant: &Grant) -> Option<String> {
//!     let view: View<'_> = snapshot.view(grant);
//!     let hit: Hit<'_> = view.read(ResourceType::Location, "a")?;
//!     let mut text = Vec::new();
//!     hit.write_to(&mut text);
//!     Some(String::from_utf8(text).expect("UTF-8"))
//! }
//! fn label(grant: &Grant) -> (&str, Audience, &Rights) {
//!     (grant.actor(), grant.audience(), grant.rights())
//! }
//! ```
//!
//! A snapshot shows nothing by itself, and a view needs a grant:
//!
//! ```compile_fail,E0599
//! use ror_index::{Hit, Snapshot};
//! use ror_search::ResourceType;
//!
//! fn read(snapshot: &Snapshot) -> Option<Hit<'_>> {
//!     snapshot.read(ResourceType::Location, "a")
//! }
//! ```
//!
//! ```compile_fail,E0061
//! use ror_index::{Snapshot, View};
//!
//! fn view(snapshot: &Snapshot) -> View<'_> {
//!     snapshot.view()
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use ror_confidentiality::Audience;
//! use ror_index::{Snapshot, View};
//!
//! fn view(snapshot: &Snapshot) -> View<'_> {
//!     snapshot.view(&Audience::ALL_DATA)
//! }
//! ```
//!
//! ```compile_fail,E0451
//! use ror_confidentiality::Audience;
//! use ror_index::{Snapshot, View};
//!
//! fn view(snapshot: &Snapshot) -> View<'_> {
//!     View { snapshot, audience: Audience::ALL_DATA, tally: None }
//! }
//! ```
//!
//! A view is of one audience for good, a hit holds no whole body, and nothing names one:
//!
//! ```compile_fail,E0616
//! use ror_confidentiality::Audience;
//! use ror_index::View;
//!
//! fn widen(view: &mut View<'_>) {
//!     view.audience = Audience::ALL_DATA;
//! }
//! ```
//!
//! ```compile_fail,E0616
//! use ror_index::Hit;
//!
//! fn body(hit: &Hit<'_>) -> usize {
//!     hit.doc.body.len()
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use ror_index::Hit;
//!
//! fn body(hit: &Hit<'_>) -> usize {
//!     hit.body().len()
//! }
//! ```
//!
//! ```compile_fail,E0432
//! use ror_index::Doc;
//!
//! fn body(doc: &Doc) {}
//! ```
//!
//! ```compile_fail,E0603
//! use ror_index::document::Doc;
//!
//! fn body(doc: &Doc) {}
//! ```
//!
//! ```compile_fail,E0616
//! use ror_index::Snapshot;
//!
//! fn bodies(snapshot: &Snapshot) -> usize {
//!     snapshot.docs.len()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! use ror_confidentiality::Projection;
//!
//! fn open(projection: &mut Projection) {
//!     projection.groups.clear();
//! }
//! ```
//!
//! A grant is not made of its parts, not changed, not copied, not read from anything:
//!
//! ```compile_fail,E0451
//! use ror_confidentiality::{Audience, Grant, Rights};
//!
//! fn make() -> Grant {
//!     Grant { audience: Audience::OWNER, client: String::new(), actor: String::new(), rights: Rights::default() }
//! }
//! ```
//!
//! ```compile_fail,E0616
//! use ror_confidentiality::{Audience, Grant};
//!
//! fn widen(grant: &mut Grant) {
//!     grant.audience = Audience::OWNER;
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use ror_confidentiality::Grant;
//!
//! fn make() -> Grant {
//!     Grant::default()
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use ror_confidentiality::Grant;
//!
//! fn copy(grant: &Grant) -> Grant {
//!     grant.clone()
//! }
//! ```
//!
//! (`Grant` itself shows that it is read from no file, token or header: it is not `Deserialize`.)
//!
//! Three doors are open to Rust and closed by the build: `Grant::mint` is for `identity`,
//! `Snapshot::former` and `owner_view` for the write path of `directory`. Clippy refuses the
//! first anywhere else, and `cargo xtask tidy` all three.
