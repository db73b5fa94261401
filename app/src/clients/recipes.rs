//! How each program is told about an endpoint and a key, ready to paste. Pure text; the dialog
//! that shows it is `connect.rs`. Formats follow the vendors' own pages and the SDKs' sources.

use api_types::mcp_clients::ClientKind;

/// What stands in for a key that nobody can read any more.
pub const PLACEHOLDER: &str = "YOUR_KEY";

/// One program's instructions.
pub struct Recipe {
    /// Short word for ids in the page.
    pub id: &'static str,
    /// The tab.
    pub title: &'static str,
    /// What to do with the text, in one or two sentences.
    pub steps: &'static str,
    /// The file it goes into, or the kind of text it is.
    pub place: &'static str,
    /// The text to paste.
    pub text: String,
    /// What the reader should know before relying on it.
    pub caution: Option<&'static str>,
}

/// All recipes, in the order of the tabs.
pub fn all(endpoint: &str, key: &str, server: &str) -> Vec<Recipe> {
    vec![
        claude_desktop(endpoint, key, server),
        claude_code(endpoint, key, server),
        cursor(endpoint, key, server),
        vs_code(endpoint, key, server),
        windsurf(endpoint, key, server),
        chat_gpt(endpoint, key, server),
        inspector(endpoint, key),
        curl(endpoint, key),
        python(endpoint, key),
        typescript(endpoint, key),
    ]
}

/// The tab that a client of this kind wants first.
pub fn tab_for(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::ClaudeDesktop => "claude-desktop",
        ClientKind::ClaudeCode => "claude-code",
        ClientKind::Cursor => "cursor",
        ClientKind::VsCode => "vs-code",
        ClientKind::Windsurf => "windsurf",
        ClientKind::ChatGpt => "chatgpt",
        ClientKind::OwnAgent => "typescript",
        ClientKind::Other => "curl",
    }
}

/// One call of `whoami` by curl, in the stateless revision: the shortest proof of a key.
pub fn first_call(endpoint: &str, key: &str) -> String {
    format!(
        r#"curl -sS {endpoint} \
  -H 'Authorization: Bearer {key}' \
  -H 'Content-Type: application/json' \
  -H 'Accept: application/json, text/event-stream' \
  -H 'MCP-Protocol-Version: 2026-07-28' \
  -H 'Mcp-Method: tools/call' \
  -H 'Mcp-Name: whoami' \
  -d '{{
    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
    "params": {{
      "name": "whoami", "arguments": {{}},
      "_meta": {{
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {{"name": "curl", "version": "1"}},
        "io.modelcontextprotocol/clientCapabilities": {{}}
      }}
    }}
  }}'"#
    )
}

// Claude Desktop's own file knows only local programs, hence the bridge. The header has no space
// after its colon and the rest is in the environment: on Windows `npx` breaks arguments at spaces.
fn claude_desktop(endpoint: &str, key: &str, server: &str) -> Recipe {
    let text = format!(
        r#"{{
  "mcpServers": {{
    "{server}": {{
      "command": "npx",
      "args": [
        "-y", "mcp-remote", "{endpoint}",
        "--transport", "http-only",
        "--header", "Authorization:${{AUTH}}"
      ],
      "env": {{ "AUTH": "Bearer {key}" }}
    }}
  }}
}}"#
    );
    Recipe {
        id: "claude-desktop",
        title: "Claude Desktop",
        steps: "Settings → Developer → Edit config, merge this in, and restart Claude Desktop. \
                Node.js must be installed: mcp-remote carries the key to the endpoint.",
        place: "claude_desktop_config.json",
        text,
        caution: Some(
            "mcp-remote accepts plain http only for localhost and 127.0.0.1; add \"--allow-http\" \
             to the arguments for another http address.",
        ),
    }
}

fn claude_code(endpoint: &str, key: &str, server: &str) -> Recipe {
    Recipe {
        id: "claude-code",
        title: "Claude Code",
        steps: "Run this in your project. Add --scope user before the name to have it in every \
                project; /mcp inside Claude Code shows whether it is connected.",
        place: "Terminal",
        text: format!(
            "claude mcp add --transport http {server} {endpoint} \\\n  --header \"Authorization: Bearer {key}\""
        ),
        caution: None,
    }
}

fn cursor(endpoint: &str, key: &str, server: &str) -> Recipe {
    Recipe {
        id: "cursor",
        title: "Cursor",
        steps: "Merge this into ~/.cursor/mcp.json for every project, or .cursor/mcp.json for one. \
                Cursor lists the server under Settings → MCP.",
        place: "~/.cursor/mcp.json",
        text: servers_json("mcpServers", server, &[("url", endpoint)], key),
        caution: Some("Keep a project's file with a key in it out of version control."),
    }
}

fn vs_code(endpoint: &str, key: &str, server: &str) -> Recipe {
    Recipe {
        id: "vs-code",
        title: "VS Code",
        steps: "Run “MCP: Open User Configuration” from the command palette and merge this in, or \
                put it into .vscode/mcp.json of one workspace.",
        place: "mcp.json",
        text: servers_json(
            "servers",
            server,
            &[("type", "http"), ("url", endpoint)],
            key,
        ),
        caution: Some("Keep a workspace's file with a key in it out of version control."),
    }
}

fn windsurf(endpoint: &str, key: &str, server: &str) -> Recipe {
    Recipe {
        id: "windsurf",
        title: "Windsurf",
        steps: "Cascade → MCP servers → Configure, merge this in, then refresh the list.",
        place: "~/.codeium/windsurf/mcp_config.json",
        text: servers_json("mcpServers", server, &[("serverUrl", endpoint)], key),
        caution: None,
    }
}

// The file format that editors share, with two names changed.
fn servers_json(root: &str, server: &str, lines: &[(&str, &str)], key: &str) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("      \"{name}\": \"{value}\",\n"))
        .collect();
    let lines = lines.concat();
    format!(
        "{{\n  \"{root}\": {{\n    \"{server}\": {{\n{lines}      \"headers\": {{ \"Authorization\": \"Bearer {key}\" }}\n    }}\n  }}\n}}"
    )
}

fn chat_gpt(endpoint: &str, key: &str, server: &str) -> Recipe {
    let text = format!(
        r#"curl https://api.openai.com/v1/responses \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{{
    "model": "gpt-5",
    "input": "Who am I on Bulkhead?",
    "tools": [{{
      "type": "mcp",
      "server_label": "{server}",
      "server_url": "{endpoint}",
      "headers": {{ "Authorization": "Bearer {key}" }},
      "require_approval": "always"
    }}]
  }}'"#
    );
    Recipe {
        id: "chatgpt",
        title: "ChatGPT",
        steps: "ChatGPT's own apps log in and have no field for a key. OpenAI's Responses API does \
                take one:",
        place: "Terminal",
        text,
        caution: Some(
            "OpenAI calls the endpoint from its own servers, so it must be public https.",
        ),
    }
}

fn inspector(endpoint: &str, key: &str) -> Recipe {
    Recipe {
        id: "inspector",
        title: "Inspector",
        steps: "Lists the tools this key may use. Leave out --cli and --method to open the \
                Inspector in the browser. Needs Node.js 22.19 or newer.",
        place: "Terminal",
        text: format!(
            "npx -y @modelcontextprotocol/inspector --cli {endpoint} \\\n  --transport http --header \"Authorization: Bearer {key}\" \\\n  --method tools/list"
        ),
        caution: None,
    }
}

fn curl(endpoint: &str, key: &str) -> Recipe {
    Recipe {
        id: "curl",
        title: "curl",
        steps: "One stateless call of whoami. The key needs the scope account:read.",
        place: "Terminal",
        text: first_call(endpoint, key),
        caution: None,
    }
}

fn python(endpoint: &str, key: &str) -> Recipe {
    let text = format!(
        r#"import asyncio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

ENDPOINT = "{endpoint}"
KEY = "{key}"

async def main():
    headers = {{"Authorization": f"Bearer {{KEY}}"}}
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(ENDPOINT, http_client=http)
        async with Client(transport) as client:
            tools = await client.list_tools()
            print([tool.name for tool in tools.tools])

asyncio.run(main())"#
    );
    Recipe {
        id: "python",
        title: "Python",
        steps: "With version 2 of the official SDK: pip install \"mcp>=2\"",
        place: "bulkhead.py",
        text,
        caution: None,
    }
}

fn typescript(endpoint: &str, key: &str) -> Recipe {
    let text = format!(
        r#"import {{ Client, StreamableHTTPClientTransport }} from "@modelcontextprotocol/client";

const endpoint = new URL("{endpoint}");
const key = "{key}";

const transport = new StreamableHTTPClientTransport(endpoint, {{
  requestInit: {{ headers: {{ Authorization: `Bearer ${{key}}` }} }},
}});
const client = new Client({{ name: "my-agent", version: "1.0.0" }});
await client.connect(transport);

const {{ tools }} = await client.listTools();
console.log(tools.map((tool) => tool.name));
await client.close();"#
    );
    Recipe {
        id: "typescript",
        title: "TypeScript",
        steps: "With version 2 of the official SDK: npm install @modelcontextprotocol/client",
        place: "bulkhead.mts",
        text,
        caution: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_holds_the_endpoint_and_the_key_once() {
        for recipe in all(
            "https://bulkhead.test/t/acme/mcp",
            "bh_key_x",
            "bulkhead-acme",
        ) {
            let text = &recipe.text;
            assert_eq!(
                text.matches("https://bulkhead.test/t/acme/mcp").count(),
                1,
                "{text}"
            );
            assert_eq!(text.matches("bh_key_x").count(), 1, "{text}");
        }
    }

    #[test]
    fn every_kind_of_client_has_its_tab() {
        let recipes = all("e", "k", "s");
        for kind in ClientKind::ALL.iter().copied() {
            assert!(recipes.iter().any(|recipe| recipe.id == tab_for(kind)));
        }
    }
}
