//! Packing an answer with gzip or zstd.
//!
//! Level 1 in both: FHIR pages repeat themselves so much that it already divides them by
//! eight or more, and higher levels cost more time than the network saves.

use std::io::Write as _;

use crate::negotiation::Encoding;

/// Shorter bodies are sent as they are: a packet is a packet.
const WORTH_BYTES: usize = 1_024;
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 1;

impl Encoding {
    /// Name in `Content-Encoding`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// The body packed, or `None` when it is not worth it.
pub(crate) fn pack(body: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    if body.len() <= WORTH_BYTES {
        return None;
    }
    match encoding {
        Encoding::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL).ok(),
        Encoding::Gzip => {
            let out = Vec::with_capacity(body.len() / 4);
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL));
            encoder.write_all(body).ok()?;
            encoder.finish().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_packed_unpacks_to_the_same_bytes() {
        let body: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
        let packed = pack(&body, Encoding::Zstd).expect("worth it");
        assert!(packed.len() < body.len() / 8);
        assert_eq!(zstd::bulk::decompress(&packed, body.len()).expect("zstd"), body);
        let packed = pack(&body, Encoding::Gzip).expect("worth it");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, body);
        assert_eq!(pack(&body[..WORTH_BYTES], Encoding::Gzip), None);
    }
}
