//! Everything that this build knows: the files of `providers/` and `tools/`.

use crate::{Operation, Provider, Wrong};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A provider's files. Those that it does not have are empty.
struct File {
    id: &'static str,
    provider: &'static str,
    tools: &'static str,
    icon: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let read = FILES.iter().filter_map(|file| file.read().ok());
    Catalogue::of(read.collect())
});

/// The providers of this build, and what can be done there.
pub struct Catalogue {
    /// By name.
    pub providers: Vec<Provider>,
    operations: BTreeMap<String, Vec<Operation>>,
}

/// The catalogue of this build, read once. A file with a fault would be left out; that there is none is what a test
/// is for (see [`faults`]).
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// The files of this build that are not in order, with what is wrong. There are none in a program that passed its
/// tests.
pub fn faults() -> Vec<(&'static str, Wrong)> {
    let wrong = |file: &File| Some((file.id, file.read().err()?));
    FILES.iter().filter_map(wrong).collect()
}

impl File {
    fn read(&self) -> Result<(Provider, Vec<Operation>), Wrong> {
        let provider = Provider::parse(self.provider)?;
        provider.check(false)?;
        if provider.id != self.id {
            return Err(Wrong::new(format!("its id is {}", provider.id)));
        }
        if self.tools.is_empty() {
            return Ok((provider, Vec::new()));
        }
        let operations = Operation::parse_all(self.tools).map_err(|wrong| wrong.at("tools"))?;
        for operation in &operations {
            operation.check(&provider)?;
        }
        Ok((provider, operations))
    }
}

impl Catalogue {
    fn of(read: Vec<(Provider, Vec<Operation>)>) -> Self {
        let mut all = Self {
            providers: Vec::with_capacity(read.len()),
            operations: BTreeMap::new(),
        };
        for (provider, operations) in read {
            all.operations.insert(provider.id.clone(), operations);
            all.providers.push(provider);
        }
        all.providers
            .sort_by_key(|provider| provider.name.to_lowercase());
        all
    }

    /// The provider with this id.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// What can be done there, in the file's order.
    pub fn operations(&self, provider: &str) -> &[Operation] {
        self.operations.get(provider).map_or(&[], Vec::as_slice)
    }

    /// The path data of the provider's icon in a box of 24 by 24, if it has one (`providers/icons/{id}.svg`).
    pub fn icon(&self, provider: &str) -> Option<&'static str> {
        let file = FILES.iter().find(|file| file.id == provider)?;
        let (_, data) = file.icon.split_once(" d=\"")?;
        Some(data.split_once('"')?.0)
    }
}
