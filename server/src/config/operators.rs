//! Who runs this instance.

use super::WrongSetting;
use clap::Args;
use domain::operator::Operators;

const OPERATORS: &str = "BULKHEAD_OPERATORS";

/// The section `Operators` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Operators")]
pub struct OperatorSettings {
    /// The addresses of those who run this instance, with commas between them. Who has confirmed one of them, and signed in
    /// with a second factor, sees the console at /operator. Without it there is none
    #[arg(long, env = OPERATORS, value_name = OPERATORS, global = true)]
    pub operators: Option<String>,
}

impl OperatorSettings {
    /// Those who are named.
    pub fn operators(&self) -> Result<Operators, WrongSetting> {
        let list = self.operators.as_deref().unwrap_or_default();
        Operators::parse(list)
            .map_err(|refusal| WrongSetting::new(OPERATORS, format!("not addresses: {refusal}")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use clap::Parser as _;

    #[test]
    fn operators_are_named_by_their_addresses() {
        let nobody = |arguments: &[&str]| {
            let cli = Cli::try_parse_from([&["bulkhead"], arguments].concat()).expect("a line");
            let operators = cli.settings.operators.operators();
            operators
                .map(|operators| operators.is_nobody())
                .map_err(|error| error.to_string())
        };
        assert_eq!(nobody(&[]), Ok(true));
        assert_eq!(nobody(&["--operators", ""]), Ok(true));
        assert_eq!(
            nobody(&["--operators", "a@example.com, b@example.com"]),
            Ok(false)
        );
        let error = nobody(&["--operators", "ada"]).expect_err("no address");
        assert!(
            error.starts_with("BULKHEAD_OPERATORS: not addresses"),
            "{error}"
        );
    }
}
