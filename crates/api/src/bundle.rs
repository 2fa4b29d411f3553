//! Writing a searchset Bundle into one buffer.
//!
//! Bodies are copied from the index between their cuts; nothing is parsed unless the caller
//! asked for less than the whole.

use std::io::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use ror_fhir::Node;
use ror_index::Hit;

use crate::elements::Elements;
use crate::prune::Shape;

/// What a value must not hold in a link. Colons, commas and slashes stay readable.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A Bundle being written.
pub(crate) struct Bundle<'a> {
    out: Vec<u8>,
    /// Address of the base, without final slash.
    base: &'a str,
    entries: usize,
    /// What an entry of `rtype` begins with, comma first, up to the id: most entries follow one of their type.
    opening: Vec<u8>,
    rtype: &'static str,
}

/// Why an entry is there (FHIR R4 §3.1.1.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Match,
    Include,
}

impl<'a> Bundle<'a> {
    /// Starts a Bundle with room for `room` bytes.
    pub(crate) fn start(base: &'a str, id: uuid::Uuid, total: u64, links: &[(&str, String)], room: usize) -> Self {
        let mut out = Vec::with_capacity(room);
        let head = write!(
            out,
            "{{\"resourceType\":\"Bundle\",\"id\":\"{id}\",\"type\":\"searchset\",\"total\":{total},\"link\":["
        );
        head.expect("a buffer takes everything");
        for (at, (relation, url)) in links.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",{\"relation\":\"" } else { b"{\"relation\":\"" });
            out.extend_from_slice(relation.as_bytes());
            out.extend_from_slice(b"\",\"url\":");
            Node::write_str(url, &mut out);
            out.push(b'}');
        }
        out.push(b']');
        Self { out, base, entries: 0, opening: Vec::new(), rtype: "" }
    }

    /// Adds a resource of the directory.
    pub(crate) fn push(&mut self, hit: &Hit, mode: Mode, shape: Shape<'_>) {
        self.open(hit.rtype().name(), hit.id());
        if matches!(shape, Shape::Whole) {
            hit.write_to(&mut self.out);
        } else {
            let mut resource = hit.to_node();
            shape.prune(&mut resource, Elements::of(hit.rtype()));
            resource.write(&mut self.out);
        }
        self.close(mode, hit.distance_km, hit.score);
    }

    /// Adds a resource held elsewhere: a list.
    pub(crate) fn push_node(&mut self, rtype: &'static str, id: &str, resource: &Node) {
        self.open(rtype, id);
        resource.write(&mut self.out);
        self.close(Mode::Match, None, None);
    }

    /// Adds remarks on the request; they are no results and are not counted (D4).
    pub(crate) fn push_outcome(&mut self, outcome: &Node) {
        self.separate();
        self.out.extend_from_slice(b"{\"resource\":");
        outcome.write(&mut self.out);
        self.out.extend_from_slice(b",\"search\":{\"mode\":\"outcome\"}}");
    }

    /// The finished text.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(if self.entries > 0 { b"]}" } else { b"}" });
        self.out
    }

    fn separate(&mut self) {
        // FHIR knows no empty array: the first entry opens it.
        self.out.extend_from_slice(if self.entries > 0 { b"," } else { b",\"entry\":[" });
        self.entries += 1;
    }

    fn open(&mut self, rtype: &'static str, id: &str) {
        if !std::ptr::eq(self.rtype, rtype) {
            self.rtype = rtype;
            self.opening = [",{\"fullUrl\":\"", self.base, "/", rtype, "/"].concat().into_bytes();
        }
        if self.entries > 0 {
            self.entries += 1;
            self.out.extend_from_slice(&self.opening);
        } else {
            self.separate();
            self.out.extend_from_slice(&self.opening[1..]);
        }
        self.out.extend_from_slice(id.as_bytes());
        self.out.extend_from_slice(b"\",\"resource\":");
    }

    fn close(&mut self, mode: Mode, distance_km: Option<f64>, score: Option<f64>) {
        if let Some(score) = score {
            return self.close_scored(score, distance_km);
        }
        let Some(km) = distance_km else {
            self.out.extend_from_slice(match mode {
                Mode::Match => b",\"search\":{\"mode\":\"match\"}}",
                Mode::Include => b",\"search\":{\"mode\":\"include\"}}",
            });
            return;
        };
        self.out.extend_from_slice(match mode {
            Mode::Match => b",\"search\":{\"mode\":\"match\"",
            Mode::Include => b",\"search\":{\"mode\":\"include\"",
        });
        self.distance(km);
        self.out.extend_from_slice(b"}}");
    }

    /// The end of a match that words found (D15).
    fn close_scored(&mut self, score: f64, distance_km: Option<f64>) {
        self.out.extend_from_slice(b",\"search\":{\"mode\":\"match\"");
        if let Some(km) = distance_km {
            self.distance(km);
        }
        write!(self.out, ",\"score\":{score}}}}}").expect("a buffer takes everything");
    }

    fn distance(&mut self, km: f64) {
        // Rounded to the metre (D11).
        let km = (km * 1_000.0).round() / 1_000.0;
        let extension = write!(
            self.out,
            ",\"extension\":[{{\"url\":\"http://hl7.org/fhir/StructureDefinition/location-distance\",\
                 \"valueDistance\":{{\"value\":{km},\"unit\":\"km\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"km\"}}}}]"
        );
        extension.expect("a buffer takes everything");
    }
}

/// The address of a search, with its parameters in their order.
pub(crate) fn link<'p>(
    base: &str,
    rtype: &str,
    parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    page: Option<&'p str>,
) -> String {
    let mut url = format!("{base}/{rtype}");
    let page = page.map(|page| ("_page", page));
    for (at, (name, value)) in parameters.into_iter().chain(page).enumerate() {
        url.push(if at > 0 { '&' } else { '?' });
        url.extend(utf8_percent_encode(name, ESCAPED));
        url.push('=');
        url.extend(utf8_percent_encode(value, ESCAPED));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_back_as_the_parameters_it_was_made_from() {
        let parameters = [("name:contains", "hôp & \"x\" +1"), ("specialty", "https://a/b|01,02"), ("_tag", "é%\\'")];
        let url = link("http://h/fhir", "Location", parameters, Some("abc-_"));
        assert!(url.starts_with("http://h/fhir/Location?name:contains=h%C3%B4p%20%26%20%22x%22%20%2B1&"), "{url}");
        let (_, query) = url.split_once('?').expect("parameters");
        let read = crate::request::pairs(query).expect("decodes");
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read[..3], parameters);
        assert_eq!(read[3], ("_page", "abc-_"));
    }

    #[test]
    fn a_bundle_without_entry_has_no_empty_list() {
        let links = [("self", "http://h/fhir/Location?a=\"".to_owned())];
        let bundle = Bundle::start("http://h/fhir", uuid::Uuid::nil(), 0, &links, 100);
        let bundle = Node::parse(&bundle.finish()).expect("JSON");
        assert_eq!(bundle.get("entry"), None);
        assert_eq!(bundle.get("total").and_then(Node::as_i64), Some(0));
    }

    #[test]
    fn d11_a_distance_is_rounded_to_the_metre() {
        let mut bundle = Bundle::start("", uuid::Uuid::nil(), 0, &[], 0);
        for km in [0.0, 3.2, 12.345_678, 0.000_4] {
            bundle.separate();
            bundle.out.push(b'{');
            bundle.out.extend_from_slice(b"\"resource\":{}");
            bundle.close(Mode::Match, Some(km), None);
        }
        let bundle = Node::parse(&bundle.finish()).expect("JSON");
        let value = |entry: &Node| {
            let extension = entry.get("search")?.items("extension").next()?;
            Some(extension.get("valueDistance")?.get("value")?.as_number()?.to_owned())
        };
        assert_eq!(bundle.items("entry").filter_map(value).collect::<Vec<_>>(), ["0", "3.2", "12.346", "0"]);
    }
}
