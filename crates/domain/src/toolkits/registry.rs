//! The toolkits of this build, with everything that lists repeat rendered once.

use super::{CONNECTIONS, Name, ToolSpec, Toolkit, account, tasks};
use crate::connectors;
use anyhow::{Result, ensure};
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

/// The toolkits of this build. Cloning shares them.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    toolkits: Vec<Arc<dyn Toolkit>>,
    tools: Vec<Tool>,
    by_name: HashMap<Name, usize>,
}

/// One tool as it is offered to clients.
pub struct Tool {
    /// Its toolkit.
    pub toolkit: Arc<dyn Toolkit>,
    /// What it is.
    pub spec: ToolSpec,
    /// Its entry in `tools/list`.
    pub listed: Box<RawValue>,
    /// The scope that it needs, such as `tasks:write`: of those that open it, the one that a new log-in can ask for.
    pub scope: String,
    /// Arguments that must be repeated in headers: the suffix of `Mcp-Param-…` and the path.
    pub headers: Vec<(String, Vec<String>)>,
}

impl Registry {
    /// The toolkits that every build has.
    pub fn built_in() -> Result<Self> {
        let mut toolkits: Vec<Arc<dyn Toolkit>> = vec![
            Arc::new(account::Account::new()),
            Arc::new(tasks::Tasks::new()),
        ];
        toolkits.extend(connectors::toolkits());
        Self::new(toolkits)
    }

    /// None.
    pub fn empty() -> Self {
        static EMPTY: LazyLock<Registry> = LazyLock::new(|| {
            Registry(Arc::new(Inner {
                toolkits: Vec::new(),
                tools: Vec::new(),
                by_name: HashMap::new(),
            }))
        });
        EMPTY.clone()
    }

    /// These toolkits. An error means that two of them claim the same name.
    pub fn new(toolkits: Vec<Arc<dyn Toolkit>>) -> Result<Self> {
        let mut tools = Vec::new();
        for toolkit in &toolkits {
            for spec in toolkit.tools() {
                tools.push(offer(toolkit, spec)?);
            }
        }
        let by_name: HashMap<_, _> = tools
            .iter()
            .enumerate()
            .map(|(index, tool)| (tool.spec.name.clone(), index))
            .collect();
        ensure!(by_name.len() == tools.len(), "two tools have the same name");
        Ok(Self(Arc::new(Inner {
            toolkits,
            tools,
            by_name,
        })))
    }

    /// Every toolkit.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Toolkit> {
        self.0.toolkits.iter().map(|toolkit| &**toolkit)
    }

    /// The toolkit with this name.
    pub fn get(&self, name: &str) -> Option<&dyn Toolkit> {
        self.iter().find(|toolkit| toolkit.name() == name)
    }

    /// Every tool, in the order of the toolkits and of their tools.
    pub fn tools(&self) -> &[Tool] {
        &self.0.tools
    }

    /// The tool with this name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.0
            .by_name
            .get(name)
            .and_then(|index| self.0.tools.get(*index))
    }
}

fn offer(toolkit: &Arc<dyn Toolkit>, spec: &ToolSpec) -> Result<Tool> {
    let read_only = spec.access == super::Access::Read;
    let mut listed = json!({
        "name": spec.name,
        "title": spec.title,
        "description": spec.description,
        "inputSchema": spec.input_schema,
        "annotations": {
            "title": spec.title,
            "readOnlyHint": read_only,
            "destructiveHint": spec.annotations.destructive,
            "idempotentHint": read_only || spec.annotations.idempotent,
            "openWorldHint": spec.annotations.open_world,
        },
    });
    if let Some(schema) = &spec.output_schema {
        listed["outputSchema"] = schema.clone();
    }
    Ok(Tool {
        toolkit: toolkit.clone(),
        spec: spec.clone(),
        listed: serde_json::value::to_raw_value(&listed)?,
        scope: if toolkit.is_elsewhere() {
            format!("{CONNECTIONS}:{}", spec.access.as_str())
        } else {
            format!("{}:{}", toolkit.name(), spec.access.as_str())
        },
        headers: headers(&spec.input_schema),
    })
}

/// Properties marked `x-mcp-header`, reached by way of `properties` alone
/// (2026-07-28, basic/transports/streamable-http, "Schema Extension").
fn headers(schema: &Value) -> Vec<(String, Vec<String>)> {
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, schema) in properties {
        if let Some(suffix) = schema["x-mcp-header"].as_str() {
            found.push((suffix.to_owned(), vec![name.clone()]));
        }
        found.extend(headers(schema).into_iter().map(|(suffix, mut path)| {
            path.insert(0, name.clone());
            (suffix, path)
        }));
    }
    found
}
