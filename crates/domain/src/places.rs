//! Where in the world an address is, as a file of the operator's says. A guess, by which people know their sessions;
//! nothing relies on it. Nobody outside is asked, so no address leaves.

use crate::Result;
use anyhow::{Context as _, bail};
use maxminddb::{PathElement, Reader, WithinOptions, path};
use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

/// A file is believed to know places when one of so many networks has one.
const TRIED: usize = 1000;

/// The places of addresses. Cloning shares what is known; the default knows no file.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<File>>);

struct File {
    path: PathBuf,
    edition: RwLock<Edition>,
}

/// The file as it was when it was read. It is held in memory: a map of a file that is cut short while serving would
/// end the process.
struct Edition {
    stamp: Stamp,
    reader: Reader<Vec<u8>>,
}

type Stamp = (SystemTime, u64);

impl Places {
    /// Reads a database in the format MMDB that has the names of cities or countries.
    pub fn of_file(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(Some(Arc::new(File {
            path: path.to_owned(),
            edition: RwLock::new(Edition::read(path)?),
        }))))
    }

    /// Such as "Lisbon, Portugal", or "This network". None where there is nothing to say.
    pub fn of(&self, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        if let Some(near) = near(address) {
            return Some(near.into());
        }
        let edition = self.0.as_ref()?.edition.read();
        edition
            .unwrap_or_else(PoisonError::into_inner)
            .place(address)
    }

    /// Reads the file anew if it is another one. Where that fails, what was known before stays known.
    pub async fn renew(&self) -> Result<bool> {
        let Some(file) = self.0.clone() else {
            return Ok(false);
        };
        let renewed = tokio::task::spawn_blocking(move || file.renew()).await;
        Ok(renewed.context("reading a file of places")??)
    }
}

impl File {
    fn renew(&self) -> anyhow::Result<bool> {
        let at = || self.path.display().to_string();
        if stamp(&self.path).with_context(at)? == self.known() {
            return Ok(false);
        }
        let edition = Edition::read(&self.path).with_context(at)?;
        *self.edition.write().unwrap_or_else(PoisonError::into_inner) = edition;
        Ok(true)
    }

    fn known(&self) -> Stamp {
        let edition = self.edition.read();
        edition.unwrap_or_else(PoisonError::into_inner).stamp
    }
}

impl Edition {
    fn read(path: &Path) -> anyhow::Result<Self> {
        // The stamp first: what is written meanwhile makes another one, and is read the next time.
        let stamp = stamp(path)?;
        let reader = Reader::open_readfile(path)?;
        let edition = Self { stamp, reader };
        if !edition.knows_places() {
            let kind = &edition.reader.metadata().database_type;
            bail!("is a database of the type {kind}, which names neither cities nor countries");
        }
        Ok(edition)
    }

    fn knows_places(&self) -> bool {
        let networks = self.reader.networks(WithinOptions::default()).ok();
        let mut networks = networks.into_iter().flatten().flatten().take(TRIED);
        networks.any(|found| named(&found).is_some())
    }

    fn place(&self, address: IpAddr) -> Option<String> {
        named(&self.reader.lookup(address).ok()?)
    }
}

type Found<'a> = maxminddb::LookupResult<'a, Vec<u8>>;

fn named(found: &Found<'_>) -> Option<String> {
    let name = |at: &[PathElement<'_>]| found.decode_path::<String>(at).ok().flatten();
    let country = name(&path!["country", "names", "en"]);
    match (name(&path!["city", "names", "en"]), country) {
        (Some(city), Some(country)) => Some(format!("{city}, {country}")),
        (city, country) => city.or(country),
    }
}

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    let file = fs::metadata(path)?;
    Ok((file.modified()?, file.len()))
}

/// What can be said without a file, of addresses that mean another place everywhere.
fn near(address: IpAddr) -> Option<&'static str> {
    let inner = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    if address.is_loopback() {
        return Some("This machine");
    }
    inner.then_some("This network")
}
