//! The people who run an instance: who is one, what they see of its tenants without entering them, and what they do.
//!
//! [`recognise`] says whether somebody is one; everything else here takes the [`Operator`] that it answers. [`list`] and
//! [`facts`] show tenants from outside, [`health`] how the jobs run, [`usage`] the calls of all tenants, [`revenue`] what
//! plans bring in, [`log`] what operators did. [`block`] and [`unblock`] suspend a tenant over its people's heads, and
//! [`correct`] corrects what a call counts. A tenant lets them look at it with [`allow_support`]; then [`enter`] leads
//! inside, and [`visitor`] is who they are there.

mod blocking;
mod correcting;
mod instance;
mod jobs;
mod log;
mod revenue;
mod setting;
mod store;
mod support;
mod tenants;
mod visit;

use crate::{Actor, Origin, Result, Services, actor::Who, second_factor, users};
use api_types::{Refusal, TenantId, UserId, operator::OperatorView, roles};
pub use blocking::{block, unblock};
pub use correcting::correct;
pub use instance::usage;
pub use jobs::{JobRun, health, write_runs};
pub use log::log;
pub use revenue::revenue;
pub use setting::Operators;
pub use support::{allow as allow_support, current as support, end as end_support};
pub use tenants::{facts, list};
pub(crate) use visit::visitor;
pub use visit::{enter, leave, note_factor, visited};

/// Somebody who runs this instance.
#[derive(Clone, Debug)]
pub struct Operator {
    user: UserId,
    name: String,
    email: String,
    origin: Origin,
}

/// Who signed in, as an operator: named by the setting, with an address that is theirs for sure, and a second factor that
/// they answered with in this session. To everybody else there is no such thing.
pub async fn recognise(
    s: &Services,
    user: UserId,
    by_factor: bool,
    origin: Origin,
) -> Result<Operator> {
    if s.operators.is_nobody() || !by_factor {
        return Err(Refusal::NotFound.into());
    }
    let mut db = s.db.global().await?;
    let person = users::by_id(&mut db, user)
        .await?
        .filter(|person| person.email_verified && s.operators.names(&person.email))
        .ok_or(Refusal::NotFound)?;
    if !second_factor::factors_in(&mut db, user).await?.any() {
        return Err(Refusal::NotFound.into());
    }
    Ok(Operator {
        user,
        name: person.name,
        email: person.email,
        origin,
    })
}

impl Operator {
    /// How the console greets them.
    pub fn view(&self) -> OperatorView {
        OperatorView {
            name: self.name.clone(),
            email: self.email.clone(),
        }
    }

    /// As whom they act in a tenant.
    fn actor(&self, tenant: TenantId, slug: String) -> Actor {
        let role = roles::support();
        let who = Who::Operator {
            user: self.user,
            role,
        };
        Actor::new(tenant, slug, who).seen_from(self.origin)
    }
}
