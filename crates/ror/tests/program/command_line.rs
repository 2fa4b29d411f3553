//! The program as its user runs it: outputs, exit statuses, and what a kill leaves behind.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use ror_ledger::{Ledger as _, SqliteLedger};

use crate::run::{Server, folder, ror, run, text};

/// Resources of a file, one a line.
fn places(count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, n| {
        let updated = "2026-01-15T08:00:00+01:00";
        writeln!(
            lines,
            r#"{{"resourceType":"Location","id":"lieu-{n}","meta":{{"lastUpdated":"{updated}"}},"name":"Unité {n}","address":{{"city":"Belley"}}}}"#
        )
        .unwrap();
        lines
    })
}

#[test]
fn an_import_tells_what_it_did_and_a_second_one_changes_nothing() {
    let folder = folder();
    let file = folder.path().join("lieux.ndjson");
    std::fs::write(&file, places(10) + "{\"resourceType\":\"Loc\n").unwrap();
    let data = folder.path().join("data");
    let import = ["import", "fhir", text(&file), "--data", text(&data)];
    let (status, out, err) = run(&import);
    assert_eq!(status, Some(1), "loaded with rejects: {err}");
    assert!(out.contains("10 créées, 0 modifiées, 0 inchangées"), "{out}");
    assert!(err.contains("json-illisible") && err.contains("ligne 11"), "{err}");
    let (_, again, _) = run(&import);
    assert!(again.contains("0 créées, 0 modifiées, 10 inchangées"), "{again}");
    let (status, out, _) = run(&["check", "--data", text(&data)]);
    assert_eq!((status, out.contains("tout concorde")), (Some(0), true), "{out}");
}

#[test]
fn nothing_loaded_is_status_2_and_writes_nothing() {
    let folder = folder();
    let file = folder.path().join("vide.csv");
    std::fs::write(&file, "bonjour\n").unwrap();
    for register in ["fhir", "finess", "sae", "cog"] {
        let data = folder.path().join(register);
        let (status, _, err) = run(&["import", register, text(&file), "--data", text(&data)]);
        assert_eq!(status, Some(2), "{register}: {err}");
        assert!(!data.exists(), "not even the folder");
    }
    let (status, _, err) = run(&["import", "sae", "/nulle/part", "--data", text(folder.path())]);
    assert_eq!((status, err.contains("lecture de")), (Some(2), true), "{err}");
}

#[test]
fn a_dry_run_reports_and_writes_nothing() {
    let folder = folder();
    let (file, report) = (folder.path().join("l.ndjson"), folder.path().join("constats.csv"));
    std::fs::write(&file, places(3) + "{\n{}\n").unwrap();
    let data = folder.path().join("data");
    let arguments = ["import", "fhir", text(&file), "--data", text(&data), "--dry-run", "--report", text(&report)];
    let (status, _, err) = run(&arguments);
    assert_eq!((status, err.contains("rien n'est écrit")), (Some(1), true), "{err}");
    assert!(!data.exists(), "not even the folder");
    let lines = std::fs::read_to_string(&report).unwrap();
    assert!(lines.starts_with("gravite;fichier;ligne;") && lines.contains("l.ndjson;4;"), "{lines}");
}

#[test]
fn a_client_of_any_profile_is_printed_as_json_once() {
    let folder = folder();
    let add = |profile: &str| run(&["client", "add", "SAMU 01", "--profile", profile, "--data", text(folder.path())]);
    for profile in ["0", "1", "2", "3", "4", "5"] {
        let (status, out, err) = add(profile);
        assert_eq!((status, err.as_str()), (Some(0), ""));
        assert!(out.starts_with("{\"client_id\":\"samu-01-") && out.contains("\"client_secret\":\""), "{out}");
    }
    assert_eq!(add("9").0, Some(2));
}

#[test]
fn d56_sandbox_and_real_data_never_mix() {
    let folder = folder();
    let data = text(folder.path());
    drop(Server::start(&["serve", "--data", data, "--listen", "127.0.0.1:0", "--sandbox"]));
    let (status, _, err) = run(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert_eq!((status, err.contains("bac à sable")), (Some(2), true), "{err}");
    let (status, _, err) = run(&["serve", "--data", data, "--listen", "0.0.0.0:0", "--sandbox"]);
    assert_eq!((status, err.contains("D56")), (Some(2), true), "not beyond this machine: {err}");
}

#[test]
fn d56_no_button_opens_data_that_may_be_real() {
    let folder = folder();
    let (file, data) = (folder.path().join("l.ndjson"), folder.path().join("data"));
    std::fs::write(&file, places(5)).unwrap();
    let import = ["import", "fhir", text(&file), "--data", text(&data)];
    assert_eq!(run(&import).0, Some(0));
    let serve = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0", "--sandbox"];
    let server = Server::start(&serve);
    let page = server.get("/connexion");
    assert!(page.contains("data-sans-fournisseur") && !page.contains("name=\"persona\""), "{page}");
    // Invented data: the persons are there, and nothing else may come beside them.
    let invented = folder.path().join("invented");
    let synth = folder.path().join("synth");
    std::fs::create_dir(&synth).unwrap();
    std::fs::write(synth.join("Location.ndjson"), places(2).replace("lieu-", "invente-")).unwrap();
    std::fs::write(synth.join("synthetique.json"), "{}").unwrap();
    assert_eq!(run(&["import", "fhir", text(&synth), "--data", text(&invented)]).0, Some(0));
    let server = Server::start(&["serve", "--data", text(&invented), "--listen", "127.0.0.1:0", "--sandbox"]);
    assert!(server.get("/connexion").contains("name=\"persona\""));
    let (status, _, err) = run(&["import", "fhir", text(&file), "--data", text(&invented)]);
    assert!(status == Some(2) && err.contains("bac à sable"), "{status:?} {err}");
    assert!(server.get("/fhir/Location/lieu-1").contains(" 404 "), "nothing was loaded");
}

#[test]
fn d65_a_server_sees_an_import_of_another_process_within_2_seconds() {
    let folder = folder();
    let (file, data) = (folder.path().join("l.ndjson"), folder.path().join("data"));
    std::fs::write(&file, places(5)).unwrap();
    let server = Server::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0", "--sandbox"]);
    assert!(server.get("/fhir/metadata").contains("CapabilityStatement"));
    let offer = concat!(
        r#"{"resourceType":"HealthcareService","id":"o1","extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit","valueBoolean":false}],"#,
        r#""identifier":[{"value":"84/1"}],"type":[{"coding":[{"code":"01"}]}],"specialty":[{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle","code":"107"}]}],"#,
        r#""providedBy":{"reference":"Organization/s1"},"location":[{"reference":"Location/lieu-1"}]}"#,
        "\n",
        r#"{"resourceType":"Organization","id":"s1"}"#,
    );
    let more = folder.path().join("o.ndjson");
    std::fs::write(&more, offer).unwrap();
    let (status, _, err) = run(&["import", "fhir", text(&file), text(&more), "--data", text(&data)]);
    assert_eq!(status, Some(0), "{err}");
    let seen = (0..20).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        server.get("/fhir/Location/lieu-1").contains("200 OK")
    });
    assert!(seen, "{}", server.get("/fhir/Location/lieu-1"));
    // A place that no offer uses is nobody's but the regulator's (D21).
    assert!(server.get("/fhir/Location/lieu-2").contains("404"));
}

#[test]
fn killed_twenty_times_an_import_loses_nothing_it_told_and_doubles_nothing() {
    const TOTAL: usize = 6_000;
    let folder = folder();
    let (file, data) = (folder.path().join("lieux.ndjson"), folder.path().join("data"));
    std::fs::write(&file, places(TOTAL)).unwrap();
    let import = ["import", "fhir", text(&file), "--data", text(&data)];
    let ledger = data.join("ledger.sqlite");
    let mut survived = 0;
    for round in 0..20 {
        let mut child = ror(&import).stdout(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // Not all rounds die at the same point: after the first, second or third line told.
        let told = lines.map_while(Result::ok).filter_map(|line| told(&line)).take(1 + round % 3).last();
        child.kill().unwrap();
        child.wait().unwrap();
        let held = SqliteLedger::open_existing(&ledger).unwrap();
        survived = held.head().unwrap().seq as usize;
        assert!(survived >= told.unwrap_or_default(), "round {round}: told {told:?}, held {survived}");
        assert!(held.check(&mut |_| {}).unwrap().is_clean(), "round {round}");
    }
    assert!(survived > 0);
    let (status, out, err) = run(&import);
    assert_eq!(status, Some(0), "{err}");
    let held = SqliteLedger::open_existing(&ledger).unwrap();
    assert_eq!(held.head().unwrap().seq as usize, TOTAL, "each resource once: {out}");
    assert!(run(&["check", "--data", text(&data)]).1.contains("tout concorde"));
}

#[test]
fn the_templates_of_the_program_are_loaded_once_and_left_to_whoever_changes_them() {
    let folder = folder();
    let data = folder.path().join("data");
    let import = ["import", "modeles", "--base", "https://ror.exemple.fr/fhir", "--data", text(&data)];
    let (status, out, err) = run(&[&import[..], &["--dry-run"]].concat());
    assert_eq!((status, out.as_str(), data.exists()), (Some(0), "", false), "{err}");
    let (status, out, err) = run(&import);
    assert_eq!((status, out.contains("12 créées, 0 modifiées, 0 inchangées")), (Some(0), true), "{out}{err}");
    assert!(!err.contains("avertissement") && !err.contains("erreur"), "the guide has nothing to say: {err}");
    let (_, again, _) = run(&import);
    assert!(again.contains("0 créées, 0 modifiées, 12 inchangées"), "{again}");
    let other = folder.path().join("autre.json");
    let body = r#"{"resourceType":"Questionnaire","id":"RORM-01","title":"Autre","status":"draft"}"#;
    std::fs::write(&other, body).unwrap();
    let (_, out, _) = run(&["import", "fhir", text(&other), "--data", text(&data)]);
    assert!(out.contains("1 modifiées"), "{out}");
    let (_, again, err) = run(&import);
    assert!(again.contains("0 modifiées") && err.contains("tenue-par-autrui"), "{again}{err}");
    let server = Server::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(server.get("/fhir/Questionnaire?_summary=count").contains("\"total\":12"));
    assert!(server.get("/fhir/Questionnaire/RORM-01").contains("Autre"));
    let url = "https://ror.exemple.fr/fhir/Questionnaire/RORM-02";
    assert!(server.get("/fhir/Questionnaire/RORM-02").contains(url), "read where its address says");
    assert!(run(&["check", "--data", text(&data)]).1.contains("tout concorde"));
}

#[test]
fn templates_need_the_address_of_the_server_and_no_file() {
    let folder = folder();
    let data = folder.path().join("data");
    let import = |words: &[&str]| run(&[&["import", "--data", text(&data)], words].concat());
    for refused in [
        &["modeles"][..],
        &["modeles", "--base", "ror.exemple.fr"],
        &["modeles", "--base", "https://"],
        &["modeles", "fichier.json", "--base", "https://ror.exemple.fr/fhir"],
        &["fhir"],
        &["fhir", "fichier.json", "--base", "https://ror.exemple.fr/fhir"],
    ] {
        let (status, _, err) = import(refused);
        assert_eq!((status, err.is_empty(), data.exists()), (Some(2), false, false), "{refused:?}: {err}");
    }
}

/// The count of a progress line: `enregistrées : 256/6000`.
fn told(line: &str) -> Option<usize> {
    line.strip_prefix("enregistrées : ")?.split('/').next()?.parse().ok()
}

#[test]
fn the_demonstration_answers_in_one_step() {
    let folder = folder();
    let data = folder.path().join("demo");
    let server = Server::start(&["demo", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    let answer = server.get("/fhir/HealthcareService?location.near=46.205%7C5.226%7C10%7Ckm&_count=1");
    assert!(answer.contains("200 OK") && !answer.contains("\"total\":0"), "{answer}");
    let all = server.get("/fhir/Organization?_summary=count");
    assert!(all.contains("\"total\":2"), "about two thousand structures: {all}");
    let maternity = server.get("/fhir/Questionnaire?title=maternit");
    assert!(maternity.contains("\"total\":1"), "entry templates: {maternity}");
}

#[test]
fn the_port_is_open_while_the_data_are_read() {
    let folder = folder();
    let data = folder.path().join("demo");
    // Making a territory takes seconds: the questions below take none.
    let (server, mut said) = Server::open(&["demo", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    let mut connection = server.connect();
    for path in ["/", "/recherche?quoi=kin%C3%A9", "/structure/1", "/api/suggestions?q=hop"] {
        let (head, page) = connection.get(path);
        assert!(head.starts_with("http/1.1 503") && head.contains("\r\nretry-after: 5"), "{path}: {head}");
        assert!(head.contains("\r\nrefresh: 5") && head.contains("no-store"), "{path}: {head}");
        assert!(page.contains("Le service démarre") && page.contains("lang=\"fr\""), "{path}: {page}");
    }
    let (_, page) = connection.get("/");
    let style = page.split("rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(connection.get(style).0.starts_with("http/1.1 200"), "the page has its style");
    for path in ["/fhir/metadata", "/fhir/Location?_count=1", "/ws-diffusion-fhir/Organization/1"] {
        let (head, outcome) = connection.get(path);
        assert!(head.starts_with("http/1.1 503") && head.contains("application/fhir+json"), "{path}: {head}");
        assert!(head.contains("retry-after") && outcome.contains("\"code\":\"transient\""), "{path}: {outcome}");
        assert!(outcome.contains("démarre"), "in French: {outcome}");
    }
    assert!(connection.get("/healthz").0.starts_with("http/1.1 200"));
    assert!(connection.get("/readyz").0.starts_with("http/1.1 503"));
    // A connection that asks nothing for thirty seconds is closed, and a slow machine takes longer.
    while connection.get("/readyz").0.starts_with("http/1.1 503") {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://"), "{line}");
    for (path, found) in [("/", "data-recherche"), ("/fhir/metadata", "CapabilityStatement"), ("/readyz", "")] {
        let (head, body) = connection.get(path);
        assert!(head.starts_with("http/1.1 200") && body.contains(found), "the same connection: {path}: {head}");
    }
}

#[test]
fn d56_a_demonstration_never_opens_data_that_are_not_its_own() {
    let folder = folder();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.json"));
    std::fs::write(&file, r#"{"resourceType":"Organization","id":"o1","name":"A"}"#).expect("a file");
    assert_eq!(run(&["import", "fhir", text(&file), "--data", text(&data)]).0, Some(0));
    let (status, _, told) = run(&["demo", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(status == Some(2) && told.contains("autres données"), "{told}");
}

#[test]
fn a_demonstration_cut_short_is_completed_at_the_next_start() {
    let folder = folder();
    let data = folder.path().join("demo");
    let demo = ["demo", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let mut child = ror(&demo).stdout(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.map_while(Result::ok).find_map(|line| told(&line));
    child.kill().unwrap();
    child.wait().unwrap();
    let held = || SqliteLedger::open_existing(&data.join("ledger.sqlite")).unwrap();
    let cut = held().head().unwrap().seq;
    assert!(first.is_some_and(|first| cut >= first as u64));
    let server = Server::start(&demo);
    let structures = server.get("/fhir/Organization?_summary=count");
    assert!(held().head().unwrap().seq > cut && structures.contains("\"total\":2"), "{cut}, {structures}");
}

#[test]
fn d73_tiles_are_asked_for_only_where_they_are_configured() {
    let folder = folder();
    let (data, config) = (folder.path().join("data"), folder.path().join("ror.toml"));
    let serve = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let tiles = "https://tuiles.exemple.fr/{z}/{x}/{y}.png";
    let policy = |arguments: &[&str]| {
        let answer = Server::start(&[&serve[..], arguments].concat()).get("/");
        answer.lines().find(|line| line.starts_with("content-security-policy")).unwrap().to_owned()
    };
    assert!(policy(&[]).contains("img-src 'self';"));
    let open = "img-src 'self' data: https://tuiles.exemple.fr;";
    assert!(policy(&["--map-tiles", tiles, "--map-attribution", "© Exemple"]).contains(open));
    std::fs::write(&config, format!("[map]\ntiles = \"{tiles}\"\nattribution = \"© Exemple\"\n")).unwrap();
    assert!(policy(&["--config", text(&config)]).contains(open));
    for bad in [&["--map-tiles", tiles][..], &["--map-tiles", "http://a/{z}/{x}/{y}", "--map-attribution", "x"]] {
        assert_eq!(run(&[&serve[..], bad].concat()).0, Some(2), "{bad:?}");
    }
}

#[test]
fn d63_traces_of_calls_outlive_the_server_and_what_is_cut_off_is_told() {
    let folder = folder();
    let data = folder.path().join("data");
    let (_, client, _) = run(&["client", "add", "essai", "--profile", "0", "--audit", "--data", text(&data)]);
    let serve = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let check = || {
        let (status, out, err) = run(&["check", "--data", text(&data)]);
        (status, out + &err)
    };
    let served = |paths: &[&str]| {
        let server = Server::start(&serve);
        let token = server.token(&client);
        for path in paths {
            server.get(path);
        }
        let total = server.json("/fhir/AuditEvent", &token).get("total").and_then(ror_fhir::Node::as_i64);
        server.stop();
        total.expect("a total")
    };
    assert!(served(&["/fhir/Location/rien", "/", "/fhir/Location"]) <= 3, "what is durable so far, and the client");
    let (status, said) = check();
    assert!(status == Some(0) && said.contains("3 traces d'appel : tout concorde"), "{said}");

    let file = data.join("audit.sqlite");
    let old = std::fs::read(&file).unwrap();
    assert!(served(&[]) >= 4);
    let whole = std::fs::read(&file).unwrap();
    assert!(check().1.contains("5 traces d'appel : tout concorde"));
    std::fs::write(&file, &old).unwrap();
    let (status, said) = check();
    assert!(status == Some(1) && said.contains("des lignes ont été ôtées"), "{said}");
    let mut altered = whole.clone();
    let word = b"unknown-resource";
    let at = altered.windows(word.len()).position(|window| window == word).expect("a refusal");
    altered[at] = b'U';
    std::fs::write(&file, &altered).unwrap();
    let (status, said) = check();
    assert!(status == Some(1) && said.contains("ne correspond pas à son empreinte"), "{said}");
    std::fs::remove_file(&file).unwrap();
    let (status, said) = check();
    assert!(status == Some(1) && said.contains("audit.sqlite manque"), "{said}");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(check().0, Some(0));
}
