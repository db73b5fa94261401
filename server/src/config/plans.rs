//! What tenants may do for what they pay: a file, because a plan is many values, is reviewed like code, and must be the
//! same on every server.

use super::WrongSetting;
use clap::Args;
use domain::plans::Plans;
use std::fs;
use std::path::PathBuf;

/// The setting that names the file.
pub const PLANS_FILE: &str = "BULKHEAD_PLANS_FILE";
const DEFAULT_PLAN: &str = "BULKHEAD_DEFAULT_PLAN";

/// The section `Plans` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Plans")]
pub struct PlanSettings {
    /// A TOML file of the plans that there are; docs/operations.md describes it. Without one there are `unlimited`,
    /// `free`, `pro` and `enterprise`
    #[arg(long, env = PLANS_FILE, value_name = PLANS_FILE, global = true)]
    pub plans_file: Option<PathBuf>,

    /// The plan of tenants that have chosen none. Default: `unlimited`, which forbids nothing, or the first of the file
    #[arg(long, env = DEFAULT_PLAN, value_name = DEFAULT_PLAN, global = true)]
    pub default_plan: Option<String>,
}

impl PlanSettings {
    /// The plans of the file, or those of this build.
    pub fn plans(&self) -> Result<Plans, WrongSetting> {
        let plans = match &self.plans_file {
            None => Plans::built_in(),
            Some(path) => {
                let at = |error: &dyn std::fmt::Display| {
                    WrongSetting::new(PLANS_FILE, format!("{}: {error}", path.display()))
                };
                let text = fs::read_to_string(path).map_err(|error| at(&error))?;
                Plans::parse(&text).map_err(|error| at(&error))?
            }
        };
        let Some(default) = &self.default_plan else {
            return Ok(plans);
        };
        let chosen = plans.with_default(default.trim());
        chosen.map_err(|error| WrongSetting::new(DEFAULT_PLAN, error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;

    const FILE: &str = "[[plan]]\nid = \"team\"\nname = \"Team\"\nabout = \"x\"\ncurrency = \"eur\"\nmonthly_price = 900\n";

    fn read(text: Option<&str>, default: Option<&str>) -> Result<Plans, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("plans.toml");
        let mut line = vec!["bulkhead".to_owned()];
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
            line.extend(["--plans-file".into(), file.display().to_string()]);
        }
        if let Some(default) = default {
            line.extend(["--default-plan".into(), default.into()]);
        }
        let plans = Cli::try_parse_from(line).expect("a line").settings.plans;
        plans.plans().map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_file_there_are_the_plans_of_this_build() {
        let plans = read(None, None).expect("plans");
        assert_eq!(plans.default_plan().id, "unlimited");
        let plans = read(None, Some("free")).expect("plans");
        assert_eq!(plans.default_plan().id, "free");
    }

    #[test]
    fn a_file_replaces_them_and_its_first_plan_is_the_default() {
        let plans = read(Some(FILE), None).expect("plans");
        assert_eq!(plans.default_plan().id, "team");
        assert_eq!(plans.all().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_setting() {
        let broken = format!("{FILE}seat = 1\n");
        let error = read(Some(&broken), None).expect_err("a wrong file");
        assert!(error.starts_with("BULKHEAD_PLANS_FILE: "), "{error}");
        assert!(error.contains("line 7: unknown field `seat`"), "{error}");
        assert_eq!(
            read(Some(FILE), Some("gold")).err(),
            Some("BULKHEAD_DEFAULT_PLAN: there is no plan `gold`; the plans are team".into())
        );
    }
}
