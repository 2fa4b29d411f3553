//! What a request leaves in the log.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::{World, establishment};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps every line, whatever its level.
struct Keeper;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_line_says_who_and_what_but_no_value_token_or_body() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| tracing::subscriber::set_global_default(Keeper).unwrap());
    let world = World::new();
    // Lines of tests that run beside this one are told apart by their numbers.
    world.chance.reseed(0x5eed_0000_0000_0000);
    world.store(&establishment("Nommément", "010000024"));
    let search = world.get_all("/fhir/Practitioner?identifier=secretvalue&_sort=_id");
    let refused = world.get("/fhir/Practitioner?nom=secretvalue");
    let absent = world.get("/fhir/Practitioner/secretvalue");
    let declared = [("Ror-Role-Metier-Code", "AUTOMATE"), ("Ror-Profil-Utilisateur-Code", "secret value")];
    let read = world.send("GET", "/fhir/Location", &declared, b"");
    let lines = LINES.lock().unwrap().clone();
    let line_of = |reply: &crate::common::Reply| {
        let number = reply.header("x-request-id").unwrap();
        lines.iter().find(|line| line.contains(number)).expect("a line").clone()
    };
    let line = line_of(&search);
    for part in ["method=\"GET\"", "route=\"{type}\"", "status=200", "audience=1", "client=\"profil-1", "count=0"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(line_of(&refused).contains("refused=\"invalid-parameter\""));
    assert!(line_of(&absent).contains("route=\"{type}/{id}\""));
    assert!(line_of(&read).contains("declared=\"AUTOMATE\""), "what does not look like a code is left out");
    let token = world.writer.strip_prefix("Bearer ").unwrap();
    for line in &lines {
        for secret in ["secretvalue", "secret value", "Nommément", token] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}
