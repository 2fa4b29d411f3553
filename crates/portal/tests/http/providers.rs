//! Providers of identities: slow ones are nobody else's business, and their sessions end with ours.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ror_identity::CallLimits;
use ror_identity::people::{Fetch, Incoming, Outgoing, PeopleSettings, ProviderSettings};

use crate::common::World;
use crate::people::{sign_in, token};

fn provider() -> ProviderSettings {
    ProviderSettings {
        id: "psc".to_owned(),
        label: "Pro Santé Connect".to_owned(),
        issuer: "https://psc.example".to_owned(),
        discovery: None,
        client_id: "ror".to_owned(),
        client_secret: "secret".to_owned(),
        redirect_uri: "https://ror.example/connexion/retour".to_owned(),
        logout_redirect_uri: None,
        scopes: "openid".to_owned(),
        acr: Vec::new(),
        national_ids: true,
        algorithms: vec!["ES256".to_owned()],
    }
}

#[test]
fn a_provider_that_hangs_slows_down_no_page_but_its_own() {
    let (asked, hears) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let fetch: Arc<Fetch> = Arc::new(move |_: &Outgoing| {
        asked.send(()).ok();
        released.lock().expect("not poisoned").recv().ok();
        Ok(Incoming { status: 503, body: Vec::new() })
    });
    let settings = PeopleSettings { providers: vec![provider()], sandbox: None };
    let world = World::among(Vec::new(), settings, &fetch, &CallLimits::default(), false);
    std::thread::scope(|scope| {
        // More than pages are made at a time.
        let leaving: Vec<_> = (0..12).map(|_| scope.spawn(|| world.get("/connexion/vers/psc").status)).collect();
        hears.recv().expect("the provider is asked");
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        let (done, ended) = mpsc::channel();
        let world = &world;
        scope.spawn(move || done.send(["/", "/connexion", "/etat"].map(|path| world.get(path).status)));
        let pages = ended.recv_timeout(Duration::from_secs(20));
        drop(release);
        assert_eq!(pages, Ok([200; 3]), "after {:?}", begun.elapsed());
        for left in leaving {
            assert_eq!(left.join().expect("answered"), 503);
        }
    });
    assert_eq!(hears.try_iter().count(), 0, "asked once for all");
}

#[test]
fn whoever_signs_out_is_sent_to_where_the_session_of_the_provider_ends() {
    let world = World::with(Vec::new(), true, &CallLimits::default());
    let way_out = "https://psc.example/fin?client_id=ror&id_token_hint=a.b.c";
    for everywhere in ["0", "1"] {
        let session = sign_in(&world, "support");
        let secret = session.trim().strip_prefix("Cookie: ror-session=").expect("a cookie");
        world.change_session(secret, |kept| kept["way_out"] = way_out.into());
        let out = world.post("/deconnexion", &session, &[("jeton", &token(&world, &session)), ("partout", everywhere)]);
        assert_eq!((out.status, out.header("refresh")), (200, Some(format!("0; url={way_out}").as_str())));
        assert!(out.attributes("href").contains(&way_out.to_owned()) && out.body.contains("data-deconnecte"));
        assert_eq!(out.cookie("ror-session").as_deref(), Some(""));
        assert!(!world.get_with("/", &session).body.contains("data-role"), "signed out here first");
    }
}
