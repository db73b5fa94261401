//! Writes databases of places in the format MMDB (<https://maxmind.github.io/MaxMind-DB/>): a tree of the bits of
//! addresses, the records that it leads to, and a description of both. As small as it can be, for tests alone.

use ipnet::IpNet;
use std::net::IpAddr;

const TEXT: u8 = 2;
const U16: u8 = 5;
const U32: u8 = 6;
const MAP: u8 = 7;
/// Types above seven follow the control byte, seven less.
const U64: u8 = 9;
const ARRAY: u8 = 11;

/// Between the tree and the records.
const SEPARATOR: [u8; 16] = [0; 16];
const MARKER: &[u8] = b"\xAB\xCD\xEFMaxMind.com";

/// The bytes of a file of this type (such as "GeoLite2-City") with a record for each of these networks.
///
/// # Panics
/// When a network is none.
pub fn database(kind: &str, networks: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut tree, mut records) = (vec![[None; 2]], Vec::new());
    for (network, record) in networks {
        let network = network.parse().expect("a network");
        insert(&mut tree, &bits(network), records.len());
        records.extend_from_slice(record);
    }
    let mut file = Vec::new();
    for side in tree.iter().flatten() {
        file.extend_from_slice(&pointer(*side, tree.len()).to_be_bytes());
    }
    file.extend_from_slice(&SEPARATOR);
    file.extend_from_slice(&records);
    file.extend_from_slice(MARKER);
    file.extend_from_slice(&described(kind, tree.len()));
    file
}

/// A record of a database of cities.
pub fn city(city: &str, country: &str) -> Vec<u8> {
    map(&[("city", named(city)), ("country", named(country))])
}

/// A record of a database of countries.
pub fn country(country: &str) -> Vec<u8> {
    map(&[("country", named(country))])
}

/// A record with something else.
pub fn text(words: &str) -> Vec<u8> {
    [control(TEXT, words.len()), words.as_bytes().to_vec()].concat()
}

/// A record of fields.
pub fn map(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = control(MAP, fields.len());
    for (name, value) in fields {
        bytes.extend_from_slice(&text(name));
        bytes.extend_from_slice(value);
    }
    bytes
}

fn named(name: &str) -> Vec<u8> {
    map(&[("names", map(&[("de", text("anders")), ("en", text(name))]))])
}

/// What one side of a node leads to.
#[derive(Clone, Copy)]
enum Side {
    Node(usize),
    Record(usize),
}

/// IPv4 is in the first of the 2^32 networks of IPv6.
fn bits(network: IpNet) -> Vec<usize> {
    let (address, length) = match network.network() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 96 + network.prefix_len()),
        IpAddr::V6(v6) => (u128::from(v6), network.prefix_len()),
    };
    let bit = |at: u8| (address >> (127 - u32::from(at)) & 1) as usize;
    (0..length).map(bit).collect()
}

fn insert(tree: &mut Vec<[Option<Side>; 2]>, bits: &[usize], record: usize) {
    let (last, way) = bits.split_last().expect("a network smaller than all");
    let mut node = 0;
    for bit in way {
        if let Some(Side::Node(next)) = tree[node][*bit] {
            node = next;
            continue;
        }
        tree.push([None; 2]);
        let next = tree.len() - 1;
        tree[node][*bit] = Some(Side::Node(next));
        node = next;
    }
    tree[node][*last] = Some(Side::Record(record));
}

fn pointer(side: Option<Side>, nodes: usize) -> u32 {
    let value = match side {
        Some(Side::Node(node)) => node,
        Some(Side::Record(offset)) => nodes + SEPARATOR.len() + offset,
        None => nodes,
    };
    u32::try_from(value).expect("a small file")
}

fn described(kind: &str, nodes: usize) -> Vec<u8> {
    let number = |kind, bytes: &[u8]| [control(kind, bytes.len()), bytes.to_vec()].concat();
    let small = |value: u16| number(U16, &value.to_be_bytes());
    let nodes = u32::try_from(nodes).expect("a small tree");
    map(&[
        ("binary_format_major_version", small(2)),
        ("binary_format_minor_version", small(0)),
        ("build_epoch", number(U64, &1_u64.to_be_bytes())),
        ("database_type", text(kind)),
        ("description", map(&[("en", text("For tests"))])),
        ("ip_version", small(6)),
        ("languages", [control(ARRAY, 1), text("en")].concat()),
        ("node_count", number(U32, &nodes.to_be_bytes())),
        ("record_size", small(32)),
    ])
}

/// A type and a size, which is small enough here to stand in the same byte.
fn control(kind: u8, size: usize) -> Vec<u8> {
    let size = u8::try_from(size).expect("a small value");
    assert!(size < 29, "a longer value");
    match kind {
        0..=7 => vec![kind << 5 | size],
        _ => vec![size, kind - 7],
    }
}
