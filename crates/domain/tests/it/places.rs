//! Where addresses are, read from real files in the format MMDB that the tests write.

use domain::places::Places;
use std::{fs, net::IpAddr, path::PathBuf};
use tempfile::TempDir;
use test_support::mmdb::{city, country, database, map, text};

const CITIES: &str = "GeoLite2-City";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("places.mmdb");
        fs::write(&path, bytes).expect("written");
        path
    }
}

fn cities() -> Vec<u8> {
    let networks = [
        ("203.0.113.0/25", city("Lisbon", "Portugal")),
        ("198.51.100.0/24", country("Uruguay")),
        ("2001:db8::/32", city("Oslo", "Norway")),
        ("192.0.2.0/24", map(&[("continent", text("Nowhere"))])),
    ];
    database(CITIES, &networks)
}

fn place(places: &Places, address: &str) -> Option<String> {
    places.of(address.parse::<IpAddr>().expect("an address"))
}

#[test]
fn an_address_is_in_the_city_and_country_of_its_network() {
    let places = Places::of_file(&Files::new().write(&cities())).expect("places");
    for (address, wanted) in [
        ("203.0.113.9", Some("Lisbon, Portugal")),
        ("::ffff:203.0.113.9", Some("Lisbon, Portugal")),
        ("203.0.113.200", None),
        ("198.51.100.7", Some("Uruguay")),
        ("2001:db8::1", Some("Oslo, Norway")),
        ("2001:db9::1", None),
        ("192.0.2.1", None),
        ("10.0.0.5", Some("This network")),
        ("127.0.0.1", Some("This machine")),
    ] {
        assert_eq!(place(&places, address).as_deref(), wanted, "{address}");
    }
}

#[test]
fn a_file_of_countries_will_do() {
    let file = database(
        "DBIP-Country-Lite",
        &[("203.0.113.0/24", country("Portugal"))],
    );
    let places = Places::of_file(&Files::new().write(&file)).expect("places");
    assert_eq!(place(&places, "203.0.113.9").as_deref(), Some("Portugal"));
}

#[test]
fn without_a_file_only_what_is_near_has_a_place() {
    let places = Places::default();
    for (address, wanted) in [
        ("127.8.0.1", Some("This machine")),
        ("::1", Some("This machine")),
        ("::ffff:127.0.0.1", Some("This machine")),
        ("192.168.3.4", Some("This network")),
        ("172.31.0.1", Some("This network")),
        ("169.254.1.1", Some("This network")),
        ("fd00::1", Some("This network")),
        ("fe80::1", Some("This network")),
        ("172.32.0.1", None),
        ("203.0.113.9", None),
        ("2001:db8::1", None),
    ] {
        assert_eq!(place(&places, address).as_deref(), wanted, "{address}");
    }
}

#[test]
fn a_file_that_knows_no_places_is_refused_with_the_reason() {
    let number = map(&[("autonomous_system_number", text("64496"))]);
    let networks = database("GeoLite2-ASN", &[("203.0.113.0/24", number)]);
    let cut = &cities()[..40];
    for (bytes, reason) in [
        (
            networks.as_slice(),
            "GeoLite2-ASN, which names neither cities",
        ),
        (b"not a database", "invalid database"),
        (cut, "invalid database"),
        (b"", "invalid database"),
    ] {
        let refused = Places::of_file(&Files::new().write(bytes)).err();
        let told = format!("{:#}", refused.expect("refused"));
        assert!(told.contains(reason), "{told}");
    }
    let missing = Places::of_file(&Files::new().0.path().join("missing"));
    let told = format!("{:#}", missing.err().expect("refused"));
    assert!(told.contains("No such file"), "{told}");
}

#[tokio::test]
async fn another_file_counts_once_it_is_whole_and_until_then_the_old_one_does() {
    let files = Files::new();
    let path = files.write(&cities());
    let places = Places::of_file(&path).expect("places");
    let known = || place(&places, "203.0.113.9");
    assert!(!places.renew().await.expect("nothing to do"));

    files.write(b"half a file");
    places.renew().await.expect_err("no database");
    assert_eq!(known().as_deref(), Some("Lisbon, Portugal"));
    fs::remove_file(&path).expect("removed");
    places.renew().await.expect_err("no file");
    assert_eq!(known().as_deref(), Some("Lisbon, Portugal"));

    files.write(&database(
        CITIES,
        &[("203.0.113.0/24", city("Porto", "Portugal"))],
    ));
    assert!(places.renew().await.expect("read"));
    assert_eq!(known().as_deref(), Some("Porto, Portugal"));
    assert!(!places.renew().await.expect("nothing to do"));
}
