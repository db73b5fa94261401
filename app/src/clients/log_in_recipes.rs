//! How each program that can log in is told the endpoint's address: without any key. The dialog
//! that shows it is `connect.rs`. Menus are named as in the vendors' own pages.

/// One program's instructions.
pub struct LogIn {
    /// What to do with the text, in one or two sentences.
    pub steps: &'static str,
    /// The file it goes into, or the kind of text it is.
    pub place: &'static str,
    /// The text to paste.
    pub text: String,
    /// What the reader should know before relying on it.
    pub caution: Option<&'static str>,
}

/// How the program of this tab logs in, if it can.
pub fn of(tab: &str, endpoint: &str, server: &str) -> Option<LogIn> {
    let log_in = match tab {
        "claude-desktop" => LogIn {
            steps: "Settings → Connectors → Add custom connector, paste the URL, and press Connect: \
                    Claude leads you here to log in. The same works on claude.ai.",
            place: "URL",
            text: endpoint.into(),
            caution: Some(
                "Claude calls the endpoint from Anthropic's servers, so it must be public https.",
            ),
        },
        "claude-code" => LogIn {
            steps: "Run this in your project, then /mcp inside Claude Code and choose Authenticate: \
                    a browser opens to log in.",
            place: "Terminal",
            text: format!("claude mcp add --transport http {server} {endpoint}"),
            caution: None,
        },
        "cursor" => LogIn {
            steps: "Merge this into ~/.cursor/mcp.json for every project, or .cursor/mcp.json for \
                    one. Cursor then offers to log in beside the server's name.",
            place: "~/.cursor/mcp.json",
            text: format!(
                "{{\n  \"mcpServers\": {{\n    \"{server}\": {{ \"url\": \"{endpoint}\" }}\n  }}\n}}"
            ),
            caution: None,
        },
        "vs-code" => LogIn {
            steps: "Run “MCP: Add Server…” from the command palette, choose HTTP, and paste the URL: \
                    VS Code opens a browser to log in.",
            place: "URL",
            text: endpoint.into(),
            caution: None,
        },
        "chatgpt" => LogIn {
            steps: "Settings → Apps → Advanced settings, switch on developer mode, create an app \
                    with this URL and OAuth, and log in when ChatGPT leads you here.",
            place: "URL",
            text: endpoint.into(),
            caution: Some(
                "ChatGPT calls the endpoint from OpenAI's servers, so it must be public https.",
            ),
        },
        _ => return None,
    };
    Some(log_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::recipes;

    #[test]
    fn every_text_holds_the_endpoint_once_and_no_key() {
        let endpoint = "https://bulkhead.test/t/acme/mcp";
        let tabs = recipes::all(endpoint, "bh_key_x", "bulkhead-acme");
        let told: Vec<LogIn> = tabs
            .iter()
            .filter_map(|recipe| of(recipe.id, endpoint, "bulkhead-acme"))
            .collect();
        assert_eq!(told.len(), 5, "every instruction has its tab");
        for log_in in told {
            assert_eq!(log_in.text.matches(endpoint).count(), 1, "{}", log_in.text);
            assert!(!log_in.text.contains("bh_key"), "{}", log_in.text);
        }
    }
}
