//! mcp-wire
