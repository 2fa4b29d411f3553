//! A resource as the index holds it.

use std::ops::Range;
use std::sync::Arc;

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Sight};
use ror_fhir::{DateTime, Instant, Node};
use ror_search::{Column, Extracted, Near, OutgoingReference, ResourceType};

use crate::shared::Shared;

/// A resource to put into the index, with all that was computed about it.
#[derive(Debug)]
pub struct Document {
    /// Its type.
    pub rtype: ResourceType,
    /// Its logical id.
    pub id: Box<str>,
    /// Canonical text of the whole resource, without id, version nor update date:
    /// `resourceType` first, then `meta` when there is one.
    pub body: Arc<[u8]>,
    /// Whose reading of it is kept.
    pub sight: Sight,
    /// The distinct projections.
    pub groups: Vec<DocumentGroup>,
    /// Version and update date by audience index; of no meaning where not visible.
    pub stamps: [Stamp; AUDIENCES],
}

/// One distinct projection of a resource.
#[derive(Debug)]
pub struct DocumentGroup {
    /// Who sees it.
    pub audiences: AudienceMask,
    /// Byte ranges of the body to leave out.
    pub cuts: Box<[Range<u32>]>,
    /// Terms, sort keys, references and position read from it.
    pub extracted: Extracted,
}

/// What one audience sees in `meta` (D28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `meta.versionId`; 0 = never seen.
    pub version: u32,
    /// `meta.lastUpdated`
    pub updated: Instant,
}

/// A resource in the index.
#[derive(Debug)]
pub(crate) struct Doc {
    pub(crate) rtype: ResourceType,
    pub(crate) id: Arc<str>,
    pub(crate) visible: AudienceMask,
    pub(crate) sight: Sight,
    pub(crate) body: Arc<[u8]>,
    /// Byte ranges to leave out, ascending.
    pub(crate) cuts: Shared<Range<u32>>,
    pub(crate) stamps: Box<[Stamp; AUDIENCES]>,
    /// The beginning of the text that is served, by audiences that share it.
    pub(crate) heads: Shared<u8>,
    /// Numbers of its terms in the dictionary, and who sees each.
    pub(crate) terms: Box<[(u32, AudienceMask)]>,
    pub(crate) columns: Box<[(AudienceMask, Column)]>,
    pub(crate) references: Box<[(AudienceMask, OutgoingReference)]>,
    pub(crate) positions: Box<[(AudienceMask, f64, f64)]>,
}

impl Doc {
    /// Distance from the nearest circle that holds the position that `audience` sees (D11).
    pub(crate) fn distance_km(&self, audience: Audience, near: &Near) -> Option<f64> {
        let (latitude, longitude) = self.position(audience.mask())?;
        near.distance_km(latitude, longitude)
    }

    /// The position that `audience` may see.
    pub(crate) fn position(&self, audience: AudienceMask) -> Option<(f64, f64)> {
        let found = self.positions.iter().find(|(mask, ..)| mask.includes(audience));
        found.map(|(_, latitude, longitude)| (*latitude, *longitude))
    }
}

/// The beginning of a served resource, up to `lastUpdated`: written once, copied at each read.
pub(crate) fn heads(document: &Document) -> Shared<u8> {
    let mut heads: Vec<(Stamp, AudienceMask)> = Vec::new();
    for audience in document.groups.iter().flat_map(|group| group.audiences.iter()) {
        let stamp = document.stamps[audience.index()];
        match heads.iter_mut().find(|(known, _)| *known == stamp) {
            Some((_, mask)) => *mask |= audience.mask(),
            None => heads.push((stamp, audience.mask())),
        }
    }
    heads.into_iter().map(|(stamp, mask)| (mask, head(document, stamp))).collect()
}

fn head(document: &Document, stamp: Stamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    out.extend_from_slice(b"{\"resourceType\":\"");
    out.extend_from_slice(document.rtype.name().as_bytes());
    out.extend_from_slice(b"\",\"id\":");
    Node::write_str(&document.id, &mut out);
    out.extend_from_slice(b",\"meta\":{\"versionId\":\"");
    out.extend_from_slice(stamp.version.to_string().as_bytes());
    out.extend_from_slice(b"\",\"lastUpdated\":\"");
    out.extend_from_slice(DateTime::format_instant(stamp.updated).as_bytes());
    out.push(b'"');
    out
}
