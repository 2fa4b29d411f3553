//! A resource as the index holds it.

use std::ops::Range;
use std::sync::Arc;

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Sight};
use ror_fhir::{DateTime, Instant, Node};
use ror_search::{
    Column, Extracted, Hours, Key, LogicalReference, Near, Ordered, OutgoingReference, ParamId, ResourceType, Span,
};

use crate::eyes::Eyes;
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
    /// Numbers of its terms in the dictionary, ascending, and who sees each.
    pub(crate) terms: Box<[(u32, AudienceMask)]>,
    pub(crate) values: Box<[(Ordered, AudienceMask)]>,
    /// Numbers of its records.
    pub(crate) records: Box<[u32]>,
    pub(crate) columns: Box<[(Column, AudienceMask)]>,
    pub(crate) references: Box<[Reference]>,
    /// References to whoever bears a term (D10).
    pub(crate) logical: Box<[(LogicalReference, AudienceMask)]>,
    pub(crate) positions: Box<[((f64, f64), AudienceMask)]>,
    pub(crate) hours: Box<[(Hours, AudienceMask)]>,
    /// Where a place lies: its département tells the time there.
    pub(crate) departements: Box<[(Box<str>, AudienceMask)]>,
}

/// A reference to another document.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) outgoing: OutgoingReference,
    pub(crate) audiences: AudienceMask,
    /// Number of the target, whether it is there or not.
    pub(crate) target: u32,
}

impl Doc {
    /// Distance from the nearest circle that holds the position that `audience` sees (D11).
    pub(crate) fn distance_km(&self, audience: Audience, near: &Near) -> Option<f64> {
        let found = self.positions.iter().find(|(_, mask)| mask.contains(audience));
        found.and_then(|((latitude, longitude), _)| near.distance_km(*latitude, *longitude))
    }

    /// The position that counts.
    pub(crate) fn position(&self, eyes: &Eyes) -> Option<(f64, f64)> {
        self.positions.iter().find(|(_, mask)| eyes.see(*mask)).map(|(position, _)| *position)
    }

    /// The values of `parameter` that count.
    pub(crate) fn values<'a>(&'a self, parameter: ParamId, eyes: &'a Eyes) -> impl Iterator<Item = &'a Ordered> {
        self.values.iter().filter(move |(value, mask)| value.parameter == parameter && eyes.see(*mask)).map(|(v, _)| v)
    }

    /// The numbers that references of `parameter` to `rtype` lead to.
    pub(crate) fn targets<'a>(
        &'a self,
        parameter: ParamId,
        rtype: ResourceType,
        eyes: &'a Eyes,
    ) -> impl Iterator<Item = u32> + 'a {
        let leads = move |reference: &&Reference| {
            reference.outgoing.parameter == parameter
                && reference.outgoing.rtype == rtype
                && eyes.see(reference.audiences)
        };
        self.references.iter().filter(leads).map(|reference| reference.target)
    }
}

/// When a document changed, for one reader.
pub(crate) fn updated(doc: &Doc, reader: Audience) -> Span {
    date(doc.stamps[reader.index()])
}

/// The date of a stamp, as what a search compares.
pub(crate) fn date(stamp: Stamp) -> Span {
    let start = Key::of_instant(stamp.updated);
    Span { start, end: Key(start.0 + 1) }
}

/// What the groups of a document say, each thing once with all who see it.
pub(crate) fn merged<T: PartialEq>(
    groups: &mut [DocumentGroup],
    take: impl Fn(&mut Extracted) -> Vec<T>,
) -> Vec<(T, AudienceMask)> {
    let mut all: Vec<(T, AudienceMask)> = Vec::new();
    for group in groups {
        for one in take(&mut group.extracted) {
            match all.iter_mut().find(|(known, _)| *known == one) {
                Some((_, mask)) => *mask |= group.audiences,
                None => all.push((one, group.audiences)),
            }
        }
    }
    all
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
