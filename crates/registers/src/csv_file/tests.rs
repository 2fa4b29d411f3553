use super::{CsvFile, Encoding, Layout};

const FORM: Layout<'_> = Layout::with_header(';', &["FI", "LIT"]);

/// What, bytes, rows kept as "line:FI:LIT", rules found.
type Case<'a> = (&'a str, &'a [u8], &'a [&'a str], &'a [&'a str]);

#[test]
fn a_file_gives_its_good_lines_and_says_what_was_wrong() {
    let cases: &[Case<'_>] = &[
        ("clean", b"fi;lit\n01;2\n02;3\n", &["2:01:2", "3:02:3"], &[]),
        ("mark and CRLF", b"\xEF\xBB\xBFFI;LIT\r\n01;2\r\n", &["2:01:2"], &[]),
        ("blank lines keep the count", b"FI;LIT\n\n01;2\n\n", &["3:01:2"], &[]),
        ("not filled", b"FI;LIT\n01; \n", &["2:01:-"], &[]),
        ("quotes", b"FI;LIT\n\"a\"\"b;c\";2\n5\";3\n", &["2:a\"b;c:2", "3:5\":3"], &[]),
        ("open quote", b"FI;LIT\n01;\"2\n02;3\n", &["2:01:2", "3:02:3"], &["guillemet-ouvert"]),
        ("trailing separator", b"FI;LIT\n01;2;;\n", &["2:01:2"], &[]),
        ("too many", b"FI;LIT\n01;2;3\n02;3\n", &["3:02:3"], &["nombre-de-champs"]),
        ("too few", b"FI;LIT\n01\n02;3\n", &["3:02:3"], &["nombre-de-champs"]),
        ("cut", b"FI;LIT\n01;2\n02", &["2:01:2"], &["ligne-tronquee"]),
        ("cut late", b"FI;LIT\n01;2\n02;3", &["2:01:2", "3:02:3"], &["fin-de-fichier"]),
        ("commas", b"FI,LIT\n01,2\n", &["2:01:2"], &["separateur"]),
        ("missing column", b"FI;NB\n01;2\n", &[], &["colonne-absente"]),
        ("twice", b"FI;LIT;lit\n01;2;3\n", &["2:01:2"], &["colonne-double"]),
        ("empty", b"", &[], &["fichier-vide"]),
        ("blank", b" \n\n", &[], &["fichier-vide"]),
        ("Windows-1252", b"FI;LIT\nh\xF4pital;2\n", &["2:hôpital:2"], &[]),
        ("undefined byte", b"FI;LIT\nh\xF4\x81;2\n", &["2:hô\u{81}:2"], &["octets-illisibles"]),
        ("U+FFFD given", b"FI;LIT\nh\xEF\xBF\xBDp;2\n", &["2:h\u{FFFD}p:2"], &["accents-detruits"]),
        ("encoded twice", "FI;LIT\nÃ©;2\n".as_bytes(), &["2:Ã©:2"], &["encodage-inattendu"]),
        ("UTF-16", b"\xFF\xFEF\0I\0;\0L\0I\0T\0\n\x001\0;\x002\0\n\0", &["2:1:2"], &["encodage-inattendu"]),
        ("unmarked UTF-16", b"F\0I\0;\0L\0I\0T\0\n\x001\0;\x002\0\n\0", &["2:1:2"], &["encodage-inattendu"]),
    ];
    for (what, bytes, rows, rules) in cases {
        let file = CsvFile::open("form.csv", bytes, &FORM);
        let read: Vec<_> = file
            .rows()
            .map(|row| format!("{}:{}:{}", row.line(), row.get("fi").unwrap_or("-"), row.get("Lit").unwrap_or("-")))
            .collect();
        assert_eq!(read, *rows, "{what}");
        assert_eq!(file.findings().iter().map(|finding| finding.rule).collect::<Vec<_>>(), *rules, "{what}");
    }
}

#[test]
fn a_nearly_utf8_file_stays_utf8() {
    let file = CsvFile::open("f", b"FI;LIT\n\xC3\xA9\xC3\xA8;1\n\xE9;2\n", &FORM);
    assert_eq!(file.encoding(), Encoding::Utf8);
    assert_eq!(file.findings()[0].rule, "octets-illisibles");
    assert!(file.findings()[0].message.contains("ligne 3"), "{:?}", file.findings());
}

#[test]
fn a_headerless_file_keeps_records_of_any_length() {
    let file = CsvFile::open("f", b"finess;etalab\na;b;c\n", &Layout::headerless(';'));
    assert_eq!(file.rows().map(|row| row.len()).collect::<Vec<_>>(), [2, 3]);
    let commas = CsvFile::open("f", b"finess,etalab\na,b,c\n", &Layout::headerless(';'));
    assert_eq!((commas.separator(), commas.findings()[0].rule), (',', "separateur"));
}

#[test]
fn a_finding_repeats_a_short_value_only() {
    let line = "x".repeat(1_000_000);
    let file = CsvFile::open("f", format!("FI;LIT\n{line}\n").as_bytes(), &FORM);
    let value = file.findings()[0].value.as_deref().expect("the value");
    assert_eq!(value.chars().count(), 121);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        let file = CsvFile::open("f", &bytes, &FORM);
        proptest::prop_assert!(file.rows().all(|row| row.line() >= 2));
        let _ = CsvFile::open("f", &bytes, &Layout::headerless('|')).rows().count();
    }
}
