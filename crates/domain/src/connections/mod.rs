//! The accounts of a tenant at other services: connecting them, keeping their tokens fresh, and telling people when one
//! needs them. What is done with them is in [`crate::connectors`].
//!
//! | file | what it decides |
//! |---|---|
//! | `providers` | which providers there are: those of this build, and those that a tenant describes |
//! | `apps` | with whose app people log in there |
//! | `connect` | connecting with a key, or a name and a password |
//! | `trip`, `arrival` | connecting by logging in at the provider: the way there and back |
//! | `made` | writing down what was connected |
//! | `vault` | what is sealed, and where it is shown |
//! | `live` | which connection a tool uses |
//! | `refresh`, `renewal`, `times` | fresh tokens, one refresh at a time over all servers |
//! | `trouble` | telling people that a connection is lost |
//! | `change` | names, tests, and the end |
//! | `rights` | who sees and changes which |
//! | `views` | what people see |
//! | `asking` | the requests to a provider |
//!
//! A connection is healthy; expiring, when its tokens were not renewed and it is tried again; needs attention, when a
//! person has to connect it again; or disconnected, when what was sealed is gone.

mod apps;
mod arrival;
mod asking;
mod change;
mod connect;
mod input;
mod live;
mod made;
mod providers;
mod refresh;
mod renewal;
mod rights;
mod store;
mod times;
mod trip;
mod trouble;
mod vault;
mod views;

use crate::{Actor, Db, RefuseOn as _, Result, Services, changes::What};
use api_types::Refusal;
pub use apps::{Apps, InstanceApp, WrongApp, remove_app, set_app};
pub use arrival::{Finished, finish};
pub(crate) use change::end_of_member;
pub use change::{disconnect, rename, test};
pub use connect::{connect_with_secret, reconnect_with_secret};
use futures::Stream;
pub use input::NewConnection;
pub use live::flush_uses;
pub(crate) use live::{Live, Pick, Shared, pick, used};
pub(crate) use providers::known;
pub use providers::{describe, remove_provider};
pub(crate) use refresh::{Trouble, refreshed};
pub use refresh::{refresh_due, settle};
use std::collections::BTreeMap;
use time::OffsetDateTime;
pub use trip::start;
pub use views::{detail, list, provider};

/// Yields whenever the tenant's connections have changed, and at once if they may have since that moment.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(a.tenant(), What::Connections, since)
}

use apps::is_oauth;
use trip::redirect_uri;

/// How long the way to a provider and back may take.
const MINUTES: i64 = 10;

/// What stands in a provider's addresses: answers to its questions, and what it said itself.
type Words = BTreeMap<String, String>;

/// Deletes attempts that came to nothing, and what ended a month ago. Answers how many rows.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    let mut system = db.system().await?;
    let attempts = store::attempts::delete_expired(&mut system).await?;
    Ok(attempts + store::uses::delete_ended(&mut system).await?)
}

/// A name that another connection has already.
fn label_taken<T>(done: Result<T>) -> Result<T> {
    done.refuse_on("shared_connection_label", || Refusal::taken("label"))
        .refuse_on("personal_connection_label", || Refusal::taken("label"))
}
