//! Clients and settings.

use ror_ledger::{Client, Ledger};

use crate::{Place, assert_clean, fresh, trace};

fn client(id: &str) -> Client {
    Client {
        id: id.into(),
        name: "Régulation 01".into(),
        profile: 1,
        secret_sha256: Some([7; 32]),
        rights: "{\"write\":\"national\"}".into(),
        created_at: 1_000,
        revoked_at: None,
    }
}

#[test]
fn clients_are_kept_replaced_and_listed_in_order() {
    let place = Place::new();
    let ledger = place.open();
    assert_eq!(ledger.client("b").expect("reads"), None);
    ledger.put_client(&client("b")).expect("writes");
    ledger.put_client_audited(&Client { secret_sha256: None, ..client("a") }, &[trace("client-add")]).expect("writes");
    let revoked = Client { revoked_at: Some(2_000), ..client("b") };
    ledger.put_client(&revoked).expect("writes");
    drop(ledger);
    let ledger = place.open();
    assert_eq!(ledger.client("b").expect("reads"), Some(revoked.clone()));
    assert_eq!(ledger.clients().expect("reads"), [Client { secret_sha256: None, ..client("a") }, revoked]);
    assert_eq!(ledger.audit_tail(0, 10).expect("traces").len(), 1);
    assert_clean(&ledger);
}

#[test]
fn a_client_shown_for_debugging_keeps_its_secret() {
    let shown = format!("{:?}", client("a"));
    assert!(shown.contains("has_secret: true") && !shown.contains('7'), "{shown}");
}

#[test]
fn the_first_value_of_a_setting_stands_until_it_is_replaced() {
    let ledger = fresh();
    assert_eq!(ledger.meta("key").expect("reads"), None);
    assert_eq!(ledger.init_meta("key", b"one").expect("writes"), b"one");
    assert_eq!(ledger.init_meta("key", b"two").expect("writes"), b"one");
    ledger.set_meta("key", b"").expect("writes");
    assert_eq!(ledger.meta("key").expect("reads"), Some(Vec::new()));
}
