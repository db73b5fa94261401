//! The pages of a tenant, for the sidebar and the command palette.

use crate::ui::Icon;
use api_types::{MemberRole, Permission};

/// One page: its words, its icon, what follows `/t/{slug}` in its address, and what it takes to see it.
pub struct Destination {
    pub label: &'static str,
    pub icon: Icon,
    pub path: &'static str,
    needs: Permission,
}

const PAGES: [Destination; 11] = [
    Destination {
        label: "Overview",
        icon: Icon::Home,
        path: "",
        needs: Permission::ViewTenant,
    },
    Destination {
        label: "MCP clients",
        icon: Icon::Plug,
        path: "/clients",
        needs: Permission::ViewClients,
    },
    Destination {
        label: "Connections",
        icon: Icon::Link,
        path: "/connections",
        needs: Permission::ViewConnections,
    },
    Destination {
        label: "Webhooks",
        icon: Icon::Webhook,
        path: "/webhooks",
        needs: Permission::ViewWebhooks,
    },
    Destination {
        label: "Usage",
        icon: Icon::Activity,
        path: "/usage",
        needs: Permission::ViewUsage,
    },
    Destination {
        label: "Limits",
        icon: Icon::Gauge,
        path: "/limits",
        needs: Permission::ViewUsage,
    },
    Destination {
        label: "Billing",
        icon: Icon::CreditCard,
        path: "/billing",
        needs: Permission::ViewBilling,
    },
    Destination {
        label: "Tasks",
        icon: Icon::ListChecks,
        path: "/tasks",
        needs: Permission::ViewTasks,
    },
    Destination {
        label: "Members",
        icon: Icon::User,
        path: "/members",
        needs: Permission::ViewMembers,
    },
    Destination {
        label: "Audit log",
        icon: Icon::Shield,
        path: "/audit",
        needs: Permission::ViewAudit,
    },
    Destination {
        label: "Settings",
        icon: Icon::Settings,
        path: "/settings",
        needs: Permission::ViewTenant,
    },
];

/// The pages that somebody with this role can see.
pub fn pages(role: &MemberRole) -> impl Iterator<Item = &'static Destination> + use<'_> {
    PAGES.iter().filter(|page| role.allows(page.needs))
}

/// The page's address in a tenant.
pub fn address(slug: &str, path: &str) -> String {
    format!("/t/{slug}{path}")
}

/// Whether the page at `path` is this one or below it. The overview is above all others and is
/// current only by itself.
pub fn is_current(slug: &str, page: &str, path: &str) -> bool {
    let Some(rest) = path.trim_end_matches('/').strip_prefix("/t/") else {
        return false;
    };
    let Some(rest) = rest.strip_prefix(slug) else {
        return false;
    };
    if page.is_empty() {
        rest.is_empty()
    } else if page == "/clients" && matches!(rest, "/grants" | "/oauth") {
        // Led to from there, and about the same programs.
        true
    } else if page == "/limits" && rest == "/plan" {
        // Led to from there, and about what limits come from.
        true
    } else if page == "/connections" && (rest == "/apis" || rest.starts_with("/apis/")) {
        // Led to from there, and called with what is connected there.
        true
    } else {
        rest == page || rest.starts_with(&format!("{page}/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_current_with_what_is_below_it() {
        assert!(is_current("a", "/clients", "/t/a/clients/1"));
        assert!(is_current("a", "", "/t/a/"));
        assert!(is_current("a", "/clients", "/t/a/oauth"));
        assert!(is_current("a", "/connections", "/t/a/apis/1/tools"));
        assert!(!is_current("a", "", "/t/a/clients"));
        assert!(!is_current("a", "/tasks", "/t/a/tasksx"));
    }
}
