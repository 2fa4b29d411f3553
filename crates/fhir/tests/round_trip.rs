//! What is read is written back byte for byte, and no input makes the reader panic.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use ror_fhir::{DateTime, Decimal, Node, Object, Path, Reference};

fn number() -> impl Strategy<Value = Node> {
    "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?".prop_map(|text| Node::Number(text.into()))
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::from),
        number(),
        any::<String>().prop_map(Node::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Node::from),
            prop::collection::vec((any::<String>(), inner), 0..40)
                .prop_map(|members| Node::from(members.into_iter().collect::<Object>())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_round_trips_byte_for_byte(node in tree()) {
        let text = node.to_bytes();
        let read = Node::parse(&text).unwrap();
        prop_assert_eq!(read.to_bytes(), text);
        prop_assert_eq!(read, node);
    }

    #[test]
    fn canonical_text_means_the_same_to_another_reader(node in tree()) {
        let ours: serde_json::Value = serde_json::from_slice(&node.to_bytes()).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours.to_string()).unwrap(), ours);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Node::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (DateTime::parse(&text), Decimal::parse(&text).map(Decimal::implied_interval), Path::compile(&text), Reference::parse(&text));
    }

    #[test]
    fn a_cut_text_is_refused_not_completed(node in tree(), cut in 0.0..1.0_f64) {
        let text = node.to_bytes();
        let cut = (text.len() as f64 * cut) as usize;
        if let Ok(read) = Node::parse(&text[..cut]) {
            // Only a number can be whole when cut (12 of 123).
            prop_assert!(matches!(read, Node::Number(_)), "{read:?}");
        }
    }
}
