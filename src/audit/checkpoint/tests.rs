//! Checkpoint texts, codes and signatures against values worked out by other programs.

use super::code::{CheckCode, Line};
use super::note::{KeyFile, PublicKey, Signer as _};
use super::*;

fn sample() -> Checkpoint {
    let origin = Origin {
        city: "410800".to_owned(),
        ledger: [0x9f, 0x86, 0xd0, 0x81, 0x88, 0x4c, 0x7d, 0x65],
    };
    let mut root = [0; 32];
    root.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
    let body = Body {
        origin,
        entries: 18234,
        root,
        sm3: Some([0xff; 32]),
        closed: Some(Some(Closed {
            owner: "410821".to_owned(),
            period: "2017-12".to_owned(),
            entry: 118,
        })),
    };
    Checkpoint { body, signatures: Vec::new() }
}

const TEXT: &str = "poolbook/2/410800/9f86d081884c7d65\n18234\n\
    AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\
    sm3 //////////////////////////////////////////8=\n\
    closed 410821 2017-12 118\n\n";

#[test]
fn a_checkpoint_prints_and_reads_as_documented() {
    assert_eq!(sample().to_string(), TEXT);
    assert_eq!(Checkpoint::parse(TEXT.as_bytes()), Ok(sample()));
    let short = TEXT.replace("closed 410821 2017-12 118\n", "closed -\n");
    let read = Checkpoint::parse(short.as_bytes()).unwrap();
    assert_eq!(read.body.closed, Some(None));
    assert_eq!(read.to_string(), short);
    let plain =
        "poolbook/2/410800/9f86d081884c7d65\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n";
    let read = Checkpoint::parse(plain.as_bytes()).unwrap();
    assert_eq!((read.body.sm3, &read.body.closed), (None, &None));
    assert_eq!(read.to_string(), plain);
}

/// What a text is refused for.
fn refused(text: &str) -> (String, String) {
    let problem = Checkpoint::parse(text.as_bytes()).unwrap_err();
    let arg = |name| problem.arg(name).unwrap_or_default().to_owned();
    assert_eq!(problem.code, "checkpoint-format", "{text:?}");
    (arg("line"), arg("part"))
}

#[test]
fn anything_else_is_refused_with_its_line() {
    let changed = |from: &str, to: &str| {
        assert!(TEXT.contains(from), "{from}");
        TEXT.replacen(from, to, 1)
    };
    let cases = [
        ("poolbook", "Poolbook", "1", "origin"),
        ("poolbook/2/410800", "poolbook/2/", "1", "origin"),
        ("410800", "41 0800", "1", "origin"),
        ("9f86", "9F86", "1", "origin"),
        ("9f86d", "9f86", "1", "origin"),
        ("18234", "018234", "2", "entries"),
        ("18234", "0", "2", "entries"),
        ("18234", "+18234", "2", "entries"),
        ("18234", "18446744073709551616", "2", "entries"),
        ("18234", "18234 ", "2", "entries"),
        ("18234\n", "18234\r\n", "2", "entries"),
        ("\nAAEC", "\nAAE", "3", "root"),
        ("Hh8=", "Hh8", "3", "root"),
        // The last bits of a hash in base64 are zeros; another letter would be the same bytes.
        ("Hh8=", "Hh9=", "3", "root"),
        ("8=\nclosed", "9=\nclosed", "4", "sm3"),
        ("sm3 ", "SM3 ", "4", "end"),
        ("closed 410821 2017-12 118", "closed 410821 2017-12 0", "5", "closed"),
        ("closed 410821 2017-12 118", "closed 410821 2017-12 18235", "5", "closed"),
        ("closed 410821 2017-12 118", "closed 410821 2017-12", "5", "closed"),
        ("closed 410821 2017-12 118", "closed 410821 2017-12 118 ", "5", "closed"),
        ("closed 410821 2017-12 118\n", "closed -\nclosed -\n", "6", "end"),
        ("118\n\n", "118\n", "6", "end"),
        ("118\n\n", "118", "5", "closed"),
        ("118\n\n", "118\n\n\n", "7", "signature"),
        ("118\n\n", "118\n\nsigned\n", "7", "signature"),
        ("118\n\n", "118\n\n\u{2014} key AAAA\n", "7", "signature"),
        ("118\n\n", "118\n\n\u{2014} two words AAAAAAA=\n", "7", "signature"),
        ("118\n\n", "118\n\n\u{2014} key AAAAAAA=", "7", "signature"),
    ];
    for (from, to, line, part) in cases {
        let found = refused(&changed(from, to));
        assert_eq!(found, (line.to_owned(), part.to_owned()), "{from} {to}");
    }
    let bad = Checkpoint::parse(b"poolbook/\xff").unwrap_err();
    assert_eq!(bad.arg("part"), Some("text"));
}

#[test]
fn sizes_end_where_they_are_said_to_end() {
    let line = "\u{2014} key AAAAAAA=\n";
    let most = format!("{TEXT}{}", line.repeat(CHECKPOINT_SIGNATURES_MAX));
    assert_eq!(Checkpoint::parse(most.as_bytes()).unwrap().to_string(), most);
    assert_eq!(refused(&format!("{most}{line}")), ("39".to_owned(), "signatures-many".to_owned()));
    let wide = |bytes: usize| {
        let city = "4".repeat(bytes - (TEXT.len() - 6));
        TEXT.replacen("410800", &city, 1)
    };
    assert!(Checkpoint::parse(wide(CHECKPOINT_BYTES_MAX).as_bytes()).is_ok());
    let problem = Checkpoint::parse(wide(CHECKPOINT_BYTES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(problem.code, "checkpoint-large");
}

#[test]
fn every_bit_of_a_text_counts() {
    let code = sample().code();
    for at in 0..TEXT.len() {
        for bit in 0..8 {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(read) = Checkpoint::parse(&bytes) {
                assert_eq!(read.to_string().as_bytes(), bytes);
                assert_ne!(read.code(), code, "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn the_check_code_is_that_of_another_program() {
    // python3: hashlib.sha256(b"poolbook-check-code/1\n" + text).digest(), its first 100 bits in base 32.
    assert_eq!(sample().body.line().to_string(), "410800 18234 WPZ2S-017HK-0RYKZ-V8FK3");
    let code = sample().code();
    for spelling in [
        code.as_str().to_lowercase(),
        code.as_str().replace('-', ""),
        code.as_str().replace('0', "o").replace('1', "l"),
    ] {
        assert_eq!(CheckCode::parse(&spelling), Some(code.clone()));
    }
    let text = sample().body.line().to_string();
    assert_eq!(Line::parse(&text), Some(sample().body.line()));
    for bad in [
        "",
        "410800 18234",
        "410800 0 00000-00000-00000-00000",
        "a 1 00000-00000-00000-0000",
        "a 1 00000-00000-00000-000000",
        "a 1 00000-00000-00000-0000U",
        "a 1 00000-00000-00000-00000 b",
    ] {
        assert_eq!(Line::parse(bad), None, "{bad}");
    }
}

/// The key pair of RFC 8032, section 7.1, test 1, as OpenSSL writes it.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

#[test]
fn signatures_are_those_of_the_standard() {
    let key = KeyFile::from_pem(KEY).unwrap();
    // RFC 8032, 7.1, test 1: the signature of nothing.
    let signature: String = key.sign(b"").unwrap().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(
        signature,
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac\
         c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    );
    let public = PublicKey::from_pem(PUBLIC).unwrap();
    let mut signed = sample();
    assert_eq!(signed.signed_by(&public).unwrap_err().code, "signature-missing");
    signed.sign("jiaozuo.example/pool", &key).unwrap();
    let text = signed.to_string();
    assert!(text.starts_with(TEXT), "signatures follow the text");
    let read = Checkpoint::parse(text.as_bytes()).unwrap();
    assert_eq!(read.signed_by(&public), Ok("jiaozuo.example/pool"));
    assert_eq!(read.code(), sample().code());
    // A key hash of another program: sha256(name + "\n\x01" + key)[:4].
    assert_eq!(read.signatures[0].bytes[..4], [0xa2, 0xbc, 0x43, 0xfe]);
    let mut other = read.clone();
    other.body.entries += 1;
    assert_eq!(other.signed_by(&public).unwrap_err().code, "signature-wrong");
    for at in 4..68 {
        let mut other = read.clone();
        other.signatures[0].bytes[at] ^= 1;
        assert_eq!(other.signed_by(&public).unwrap_err().code, "signature-wrong");
    }
    let mut other = read;
    other.signatures[0].name.push('x');
    assert_eq!(other.signed_by(&public).unwrap_err().code, "signature-missing");
}

#[test]
fn what_is_no_key_is_refused() {
    for bad in ["", PUBLIC, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(KeyFile::from_pem(bad).err().unwrap().code, "key-format");
    }
    // The neutral element: every signature with a certain shape fits it.
    let weak = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
        -----END PUBLIC KEY-----\n";
    for bad in ["", KEY, weak] {
        assert_eq!(PublicKey::from_pem(bad).unwrap_err().code, "public-key-format");
    }
    let key = KeyFile::from_pem(KEY).unwrap();
    for bad in ["", "two words", "a+b", "a\n"] {
        assert_eq!(sample().sign(bad, &key).unwrap_err().code, "key-name");
    }
}
