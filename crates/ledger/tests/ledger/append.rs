//! Rows in, rows out, and every refusal.

use std::ops::ControlFlow;
use std::time::Duration;

use ror_ledger::{AuditFilter, BODY_BYTES_MAX, Expect, Ledger, LedgerError, NewAudit, NewVersion, Op, VersionRow};

use crate::{Place, append, assert_clean, create, fresh, from_source, known_as, pair, trace, update, withdraw};

#[test]
fn an_empty_ledger_stands_at_zero() {
    let ledger = fresh();
    let head = ledger.head().expect("head");
    assert_eq!((head.seq, head.epoch, head.chain), (0, 1, [0; 32]));
    assert_eq!(ledger.tail(0, 10).expect("tail"), []);
    assert_eq!(ledger.current("Location", "a").expect("current"), None);
    assert_eq!(ledger.history("Location", "a").expect("history"), []);
    assert_clean(&ledger);
}

#[test]
fn a_row_comes_back_as_it_went_in() {
    let place = Place::new();
    let ledger = place.open();
    let new = NewVersion { body: "{\"name\":\"Hôpital\",\"n\":1.00}".into(), at: -5, ..create("a") };
    let head = ledger.append(0, std::slice::from_ref(&new), &[trace("create")]).expect("appends");
    let expected = VersionRow {
        seq: 1,
        rtype: new.rtype,
        id: new.id,
        ver: 1,
        op: Op::Create,
        at: -5,
        updated: new.updated,
        actor: new.actor,
        audience_mask: new.audience_mask,
        policy_ver: new.policy_ver,
        body: new.body,
    };
    drop(ledger);
    let ledger = place.open();
    assert_eq!(ledger.head().expect("head"), head);
    assert_eq!(ledger.tail(0, 10).expect("tail"), std::slice::from_ref(&expected));
    assert_eq!(ledger.history("Location", "a").expect("history"), std::slice::from_ref(&expected));
    assert_eq!(ledger.current("Location", "a").expect("current"), Some(expected));
    let traces = ledger.audit_tail(0, 10).expect("traces");
    assert_eq!(traces.iter().map(|t| (t.seq, &t.entry)).collect::<Vec<_>>(), [(1, &trace("create"))]);
}

#[test]
fn the_same_rows_give_the_same_chain_everywhere() {
    let (one, other) = (fresh(), fresh());
    append(&one, &[create("a"), create("b")]);
    append(&other, &[create("a")]);
    assert_ne!(one.head().expect("head").chain, other.head().expect("head").chain);
    append(&other, &[create("b")]);
    assert_eq!(one.head().expect("head"), other.head().expect("head"));
}

#[test]
fn a_batch_on_an_old_head_is_refused_whole() {
    let ledger = fresh();
    append(&ledger, &[create("a")]);
    let error = ledger.append(0, &[create("b"), create("a")], &[trace("create")]).expect_err("must refuse");
    assert!(matches!(error, LedgerError::HeadMoved(head) if head == ledger.head().expect("head")), "{error:?}");
    let error = ledger.append(2, &[create("b")], &[]).expect_err("a base to come is no base either");
    assert!(matches!(error, LedgerError::HeadMoved(_)), "{error:?}");
    assert_eq!(ledger.tail(0, 10).expect("tail").len(), 1);
    assert_eq!(ledger.audit_tail(0, 10).expect("traces"), []);
}

#[test]
fn the_expected_version_is_compared_row_by_row() {
    // D41: If-Match, also between the rows of one batch.
    let ledger = fresh();
    append(&ledger, &[create("a"), update("a", 1), create("w"), withdraw("w")]);
    let any = |new| NewVersion { expect: Expect::Any, ..new };
    let cases = [
        (create("a"), Some(2)),
        (any(create("a")), Some(2)),
        (update("a", 1), Some(2)),
        (update("a", 3), Some(2)),
        (NewVersion { expect: Expect::Absent, ..update("a", 2) }, Some(2)),
        (update("b", 1), None),
        (any(update("b", 1)), None),
        (withdraw("b"), None),
        // The id of a withdrawn resource is never given again (D39).
        (create("w"), Some(2)),
    ];
    for (row, stands) in cases {
        let what = format!("{row:?}");
        let error = ledger.append(4, &[create("z"), row], &[]).expect_err(&what);
        assert!(matches!(error, LedgerError::Conflict { index: 1, current } if current == stands), "{what} {error:?}");
    }
    append(&ledger, &[update("a", 2), update("a", 3), any(update("a", 0)), update("w", 2)]);
    assert_eq!(ledger.current("Location", "a").expect("current").map(|row| (row.seq, row.ver)), Some((7, 5)));
    assert_eq!(ledger.current("Location", "w").expect("current").map(|row| row.op), Some(Op::Update));
    assert_clean(&ledger);
}

#[test]
fn an_identifier_has_one_holder_within_its_type() {
    let ledger = fresh();
    append(&ledger, &[known_as(create("a"), &["1", "2", "1"])]);
    let other_type = NewVersion { rtype: "Organization".into(), ..known_as(create("a"), &["1"]) };
    append(&ledger, &[other_type]);
    let error = ledger.append(2, &[create("b"), known_as(create("c"), &["3", "2"])], &[]).expect_err("must refuse");
    let LedgerError::Duplicate { index, system, value, rtype, id } = error else { panic!("{error:?}") };
    assert_eq!((index, &*system, &*value, &*rtype, &*id), (1, "urn:finess", "2", "Location", "a"));
    assert_eq!(ledger.holder("Location", "urn:finess", "3").expect("holder"), None, "nothing of the batch stays");
    assert_clean(&ledger);
}

#[test]
fn a_version_replaces_the_set_and_a_withdrawal_keeps_it() {
    let ledger = fresh();
    let holder = |value| ledger.holder("Location", "urn:finess", value).expect("holder");
    append(&ledger, &[known_as(create("a"), &["1", "2"]), create("b")]);
    // Within one batch, the one that gives up stands before the one that takes.
    append(&ledger, &[known_as(update("a", 1), &["2", "3"]), known_as(update("b", 1), &["1"])]);
    assert_eq!((holder("1"), holder("2"), holder("3")), (Some("b".into()), Some("a".into()), Some("a".into())));
    // D39, D44: nothing of a withdrawn resource is given again, whatever its last row says.
    append(&ledger, &[known_as(withdraw("a"), &["9"])]);
    let error = ledger.append(5, &[known_as(update("b", 2), &["1", "3"])], &[]).expect_err("must refuse");
    assert!(matches!(error, LedgerError::Duplicate { index: 0, .. }), "{error:?}");
    assert_eq!((holder("3"), holder("9")), (Some("a".into()), None));
    // Brought back, it may change its set again.
    append(&ledger, &[known_as(update("a", 3), &["2"]), known_as(update("b", 2), &["3"])]);
    assert_eq!((holder("1"), holder("3")), (None, Some("b".into())));
    assert_clean(&ledger);
}

#[test]
fn a_source_key_stays_with_its_resource_until_that_is_withdrawn() {
    let ledger = fresh();
    append(&ledger, &[from_source(create("a"), "eg/1"), from_source(create("b"), "eg/2"), update("a", 1)]);
    append(&ledger, &[from_source(update("a", 2), "eg/1"), from_source(update("a", 3), "eg/3")]);
    let error = ledger.append(5, &[from_source(create("c"), "eg/1")], &[]).expect_err("must refuse");
    let LedgerError::SourceTaken { index, source_name, key, rtype, id } = error else { panic!("{error:?}") };
    assert_eq!((index, &*source_name, &*key, &*rtype, &*id), (0, "sae", "eg/1", "Location", "a"));
    append(&ledger, &[withdraw("a"), from_source(create("c"), "eg/1")]);
    let keys = ledger.source("sae").expect("keys");
    let mut keys: Vec<_> = keys.iter().map(|(key, (_, id))| (key.as_str(), id.as_str())).collect();
    keys.sort_unstable();
    assert_eq!(keys, [("eg/1", "c"), ("eg/2", "b"), ("eg/3", "a")]);
    assert!(ledger.source("finess").expect("keys").is_empty());
    assert_clean(&ledger);
}

#[test]
fn a_tail_is_in_order_bounded_and_can_stop() {
    let ledger = fresh();
    append(&ledger, &["a", "b", "c", "d", "e"].map(create));
    let seqs = |after, limit| ledger.tail(after, limit).expect("tail").iter().map(|r| r.seq).collect::<Vec<_>>();
    assert_eq!(seqs(0, usize::MAX), [1, 2, 3, 4, 5]);
    assert_eq!(seqs(1, 2), [2, 3]);
    assert_eq!(seqs(5, 10), [0; 0]);
    assert_eq!(seqs(u64::MAX, 10), [0; 0]);
    assert_eq!(seqs(0, 0), [0; 0]);
    let mut seen = Vec::new();
    let stop_at_two = &mut |row: VersionRow| {
        seen.push(row.seq);
        if row.seq == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    ledger.tail_each(0, 10, stop_at_two).expect("tail");
    assert_eq!(seen, [1, 2]);
}

#[test]
fn a_reader_may_read_again_while_it_walks_and_a_writer_goes_on() {
    let ledger = fresh();
    append(&ledger, &[create("a"), create("b")]);
    let mut seen = 0;
    let each = &mut |row: VersionRow| {
        seen += 1;
        assert!(ledger.current("Location", &row.id).expect("current").is_some());
        append(&ledger, &[create(&format!("while-{}", row.id))]);
        ControlFlow::Continue(())
    };
    ledger.tail_each(0, 10, each).expect("tail");
    assert_eq!((seen, ledger.head().expect("head").seq), (2, 4), "the walk stays in its moment");
}

#[test]
fn a_body_has_a_limit() {
    let ledger = fresh();
    let sized = |bytes| NewVersion { body: vec![b' '; bytes], ..create("a") };
    let error = ledger.append(0, &[create("b"), sized(BODY_BYTES_MAX + 1)], &[]).expect_err("must refuse");
    assert!(matches!(error, LedgerError::TooLarge { index: 1, bytes } if bytes == BODY_BYTES_MAX + 1), "{error:?}");
    append(&ledger, &[sized(BODY_BYTES_MAX)]);
    assert_eq!(ledger.tail(0, 1).expect("tail")[0].body.len(), BODY_BYTES_MAX);
}

#[test]
fn hostile_texts_are_only_texts() {
    let ledger = fresh();
    let id = "'; DROP TABLE version; -- \u{0}é|\n";
    let new = NewVersion {
        uniques: vec![pair("", ""), pair(id, id)],
        source: Some(pair(id, id)),
        body: vec![0, 255],
        ..create(id)
    };
    append(&ledger, &[new]);
    assert_eq!(ledger.current("Location", id).expect("current").map(|row| row.body), Some(vec![0, 255]));
    assert_eq!(ledger.holder("Location", id, id).expect("holder"), Some(id.to_owned()));
    assert!(ledger.source(id).expect("keys").contains_key(id));
    assert_clean(&ledger);
}

#[test]
fn a_refused_batch_leaves_no_trace_but_one_written_on_purpose() {
    let ledger = fresh();
    ledger.append(0, &[update("a", 1)], &[trace("update")]).expect_err("must refuse");
    ledger.audit(&[trace("refused"), trace("refused")]).expect("traces");
    ledger.append(0, &[], &[trace("nothing")]).expect("a batch of traces");
    let actions: Vec<_> = ledger.audit_tail(0, 10).expect("traces").into_iter().map(|t| t.entry.action).collect();
    assert_eq!(actions, ["refused", "refused", "nothing"]);
    assert_eq!(ledger.audit_tail(1, 1).expect("traces")[0].seq, 2);
    assert_eq!(ledger.head().expect("head").seq, 0);
    assert_clean(&ledger);
}

#[test]
fn traces_of_writes_are_found_by_what_they_tell() {
    let ledger = fresh();
    ledger.audit(&[trace("create"), trace("sign-in")]).expect("traces");
    let page = |filter: &AuditFilter, below, limit| {
        let (total, rows) = ledger.audit_page(filter, below, limit, Duration::from_mins(1)).expect("traces");
        (total, rows.iter().map(|row| row.seq).collect::<Vec<_>>())
    };
    let any = AuditFilter::default();
    assert_eq!(page(&any, u64::MAX, 1), (2, vec![2]), "newest first");
    assert_eq!(page(&any, 2, 9), (2, vec![1]), "a page goes on below the former");
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (filter, total) in [
        (AuditFilter { seq: Some(2), ..any.clone() }, 1),
        (AuditFilter { actions: names(&["create", "other"]), ..any.clone() }, 1),
        (AuditFilter { actions: names(&["update"]), ..any.clone() }, 0),
        (AuditFilter { other_than: names(&["create"]), ..any.clone() }, 1),
        (AuditFilter { other_than: names(&["create", "sign-in"]), ..any.clone() }, 0),
        (AuditFilter { actor: Some("nobody".into()), ..any.clone() }, 0),
        (AuditFilter { target: Some("Location/none".into()), ..any.clone() }, 0),
        (AuditFilter { from: Some(i64::MAX), ..any.clone() }, 0),
        (AuditFilter { until: Some(i64::MIN), ..any.clone() }, 0),
    ] {
        assert_eq!(page(&filter, u64::MAX, 9).0, total, "{filter:?}");
    }
    let done = |done| page(&AuditFilter { done: Some(done), ..any.clone() }, u64::MAX, 9).0;
    assert_eq!((done(true), done(false)), (2, 0));
    ledger.audit(&[NewAudit { outcome: "refused".into(), ..trace("grant-give") }]).expect("traces");
    assert_eq!((done(true), done(false)), (2, 1));
    let many = vec![trace("create"); 20_000];
    ledger.audit(&many).expect("traces");
    let cut = ledger.audit_page(&AuditFilter { target: Some("x".into()), ..any.clone() }, u64::MAX, 9, Duration::ZERO);
    assert!(matches!(cut, Err(LedgerError::TooLong)), "{cut:?}");
}
