//! Malformed requests and the exact answer to each: the parameter, where in it, what was read,
//! what was expected, the closest names (D3, D15).

use std::fmt::Write;

use ror_search::{Geography, Handling, QueryErrorKind, Registry, ResourceType, Territory, parse};
use ror_terminology::Terminology;

/// Knows one commune.
struct Grenoble;

impl Geography for Grenoble {
    fn also(&self, _commune: &str) -> Vec<String> {
        Vec::new()
    }

    fn position(&self, commune: &str) -> Option<(f64, f64)> {
        (commune == "38185").then_some((45.1885, 5.7245))
    }

    fn territory(&self, _commune: &str) -> Option<Territory> {
        None
    }
}

/// Fewer lines than this, and the table has lost some.
const REQUESTS_MIN: usize = 150;

#[test]
fn each_malformed_request_has_its_answer() {
    let lines = include_str!("malformed.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut answers = String::new();
    let mut count = 0;
    for line in lines {
        let (handling, request) = match line.strip_prefix("strict ") {
            Some(request) => (Handling::Strict, request),
            None => (Handling::Lenient, line),
        };
        let (rtype, query) = request.split_once('?').expect("a type and a query");
        let rtype = ResourceType::parse(rtype).expect("a type");
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let read = parse(rtype, &pairs, handling, Registry::embedded(), Terminology::embedded(), &Grenoble);
        writeln!(answers, "{line}").expect("a text");
        for error in read.map(|query| format!("{:?}", query.filter)).expect_err(line) {
            let kind = match error.kind {
                QueryErrorKind::Invalid => "invalid",
                QueryErrorKind::TooCostly => "too-costly",
            };
            writeln!(answers, "    {kind} {} : {}", error.parameter, error.message).expect("a text");
        }
        count += 1;
    }
    assert!(count >= REQUESTS_MIN, "{count} requests");
    insta::assert_snapshot!("answers", answers);
}
