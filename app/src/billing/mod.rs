//! Billing: what the tenant subscribes to, what it owes, and what is behind each line.
//!
//! | file | what it shows |
//! |---|---|
//! | `page` | the subscription, invoices, tax ids |
//! | `plans` | the plans that can be subscribed to, and changed to |
//! | `drift` | what the last comparison found |
//! | `change_page` | what another plan costs, before |
//! | `invoice_page`, `lines` | an invoice, line by line |
//! | `calls_page` | the calls behind a line |

mod calls_page;
mod change_page;
mod drift;
mod invoice_page;
mod lines;
mod page;
mod plans;
mod server_fns;

pub use calls_page::BilledCallsPage;
pub use change_page::ChangePlanPage;
pub use invoice_page::InvoicePage;
pub use page::BillingPage;
