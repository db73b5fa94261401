//! Where in the world addresses are: a file that others publish, and the operator fetches.

use super::WrongSetting;
use clap::Args;
use domain::places::Places;
use std::path::PathBuf;

const FILE: &str = "BULKHEAD_GEOIP_FILE";

/// The part of the section `Sign-in` that tells people where they have signed in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct PlaceSettings {
    /// A database of the places of addresses, of cities or countries, in the format MMDB.
    /// Without one people see addresses alone
    #[arg(long, env = FILE, value_name = FILE, global = true)]
    pub geoip_file: Option<PathBuf>,
}

impl PlaceSettings {
    /// What the file knows.
    pub fn places(&self) -> Result<Places, WrongSetting> {
        let Some(path) = &self.geoip_file else {
            return Ok(Places::default());
        };
        let read = Places::of_file(path);
        read.map_err(|error| WrongSetting::new(FILE, format!("{}: {error:#}", path.display())))
    }
}
