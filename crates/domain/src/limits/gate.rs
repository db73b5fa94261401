//! What stands between a credential and its calls. Everything is found when the credential is looked up, so that a call
//! takes from three buckets, looks at one place of a table, and asks nobody.

use super::{
    Shared,
    bucket::Bucket,
    loops::{Seen, Verdict},
    quota::{Quota, Ticket},
    rules::{Rules, Why},
    shares::Buckets,
    store::Counter,
};
use crate::{Result, Services};
use api_types::{
    CredentialId, McpClientId, TenantId,
    plans::{Entitlements, Loops, PlanState},
};
use std::{fmt::Write as _, sync::Arc, time::Duration, time::Instant};

/// Whose rate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The key's or the log-in's.
    Key,
    /// The client's.
    Client,
    /// The tenant's.
    Tenant,
}

impl Whose {
    /// Its name in headers and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Client => "client",
            Self::Tenant => "tenant",
        }
    }

    /// For people and models.
    pub fn words(self) -> &'static str {
        match self {
            Self::Key => "this API key's limit",
            Self::Client => "the limit of this client",
            Self::Tenant => "the limit of this tenant",
        }
    }
}

/// A call came too soon.
#[derive(Clone, Copy, Debug)]
pub struct TooSoon {
    /// For whom.
    pub whose: Whose,
    /// Calls a minute.
    pub per_minute: u32,
    /// How long until there is one.
    pub wait: Duration,
}

/// A quota is used up.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Its name in headers and errors.
    pub policy: &'static str,
    /// What is used up, for people and models.
    pub words: &'static str,
    /// Units a month.
    pub limit: i64,
    /// When it is worthwhile to try again.
    pub wait_seconds: u64,
}

/// The units that a call holds while it runs. Dropped, they count as used.
#[derive(Default)]
pub struct Tickets([Option<Ticket>; 2]);

impl Tickets {
    /// The leases that they are of.
    pub fn leases(&self) -> Vec<uuid::Uuid> {
        self.0.iter().flatten().map(Ticket::lease).collect()
    }

    /// Says how many units the call has used after all.
    pub fn settle(self, units: i64) {
        for ticket in self.0.into_iter().flatten() {
            ticket.settle(units);
        }
    }
}

struct Rate {
    whose: Whose,
    bucket: Arc<Bucket>,
    per_minute: u32,
}

struct Limited {
    quota: Arc<Quota>,
    limit: i64,
    why: Why,
}

/// All limits of one credential.
pub struct Gate {
    /// What its tenant may do.
    pub entitlements: Arc<Entitlements>,
    buckets: Arc<Buckets>,
    rates: Vec<Rate>,
    quotas: Vec<Limited>,
    seen: Option<(Arc<Seen>, bool)>,
    policy: String,
}

/// Whose gate it is.
pub(crate) struct Holder {
    pub tenant: TenantId,
    pub client: McpClientId,
    pub credential: CredentialId,
    /// The key's own limit.
    pub per_minute: Option<u32>,
}

impl Gate {
    pub(super) fn new(shared: &Shared, rules: &Rules, holder: &Holder) -> Self {
        let now = &rules.entitlements;
        let plan = now.plan.rates;
        let of_key = [plan.key, holder.per_minute].into_iter().flatten().min();
        let rates = [
            (Whose::Key, holder.credential.0, of_key),
            (Whose::Client, holder.client.0, plan.client),
            (Whose::Tenant, holder.tenant.0, plan.tenant),
        ];
        let rates = rates.into_iter().filter_map(|(whose, id, per_minute)| {
            let per_minute = per_minute?;
            Some(Rate {
                whose,
                bucket: shared.buckets.get(id),
                per_minute,
            })
        });
        let of_key = rules.own.keys.get(&holder.credential);
        let quotas = [
            of_key.map(|units| (holder.credential.0, *units, Why::Key)),
            rules
                .ceiling()
                .map(|(units, why)| (holder.tenant.0, units, why)),
        ];
        let quotas = quotas.into_iter().flatten().map(|(subject, limit, why)| {
            let counter = Counter {
                tenant: holder.tenant,
                subject,
                period_from: now.period_from,
            };
            Limited {
                quota: shared.quota(counter, now.period_until),
                limit,
                why,
            }
        });
        let (rates, quotas): (Vec<_>, Vec<_>) = (rates.collect(), quotas.collect());
        let seen = match rules.loops() {
            Loops::Ignore => None,
            loops => Some((shared.seen(holder.tenant), loops == Loops::Stop)),
        };
        Self {
            policy: policy(&rates, &quotas, now),
            entitlements: now.clone(),
            buckets: shared.buckets.clone(),
            rates,
            quotas,
            seen,
        }
    }

    /// Whether the tenant's calls are refused because it has not paid.
    pub fn is_suspended(&self) -> bool {
        self.entitlements.state == PlanState::Suspended
    }

    /// Takes one call from each bucket, or from none and tells how long until there is one.
    pub fn take_call(&self) -> Result<(), TooSoon> {
        let now = self.buckets.clock.now();
        for (nth, rate) in self.rates.iter().enumerate() {
            let mine = self.buckets.mine(&rate.bucket, rate.per_minute);
            let taken = rate.bucket.take(now, mine);
            self.buckets.watch(&rate.bucket, now);
            if let Err(wait) = taken {
                for rate in &self.rates[..nth] {
                    let mine = self.buckets.mine(&rate.bucket, rate.per_minute);
                    rate.bucket.give_back(mine);
                }
                return Err(TooSoon {
                    whose: rate.whose,
                    per_minute: rate.per_minute,
                    wait,
                });
            }
        }
        Ok(())
    }

    /// Takes units from each quota: what a call will count, as far as that is known before. What counts nothing takes none.
    pub async fn take_units(
        &self,
        s: &Services,
        units: i64,
    ) -> crate::Result<Result<Tickets, Spent>> {
        let mut tickets = Tickets::default();
        if units == 0 {
            return Ok(Ok(tickets));
        }
        for (ticket, limited) in tickets.0.iter_mut().zip(&self.quotas) {
            match limited.quota.take(s, limited.limit, units).await? {
                Ok(taken) => *ticket = Some(taken),
                Err(used_up) => {
                    // What was taken before has done nothing.
                    tickets.settle(0);
                    return Ok(Err(Spent {
                        policy: limited.why.word(),
                        words: limited.why.words(),
                        limit: limited.limit,
                        wait_seconds: used_up.wait_seconds,
                    }));
                }
            }
        }
        Ok(Ok(tickets))
    }

    /// Counts a call that may be one of a loop.
    pub fn look_for_loop(&self, call: (CredentialId, &str, &str)) -> Verdict {
        match &self.seen {
            None => Verdict::Fine,
            Some((seen, stops)) => seen.count(call, Instant::now(), *stops),
        }
    }

    /// The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): every policy, and the one
    /// that ends first. None, where nothing is limited.
    pub fn fields(&self) -> Option<(&str, String)> {
        if self.policy.is_empty() {
            return None;
        }
        let now = self.buckets.clock.now();
        let rates = self.rates.iter().map(|rate| {
            let mine = self.buckets.mine(&rate.bucket, rate.per_minute);
            let level = rate.bucket.level(now, mine);
            (rate.whose.as_str(), level.remaining, level.full_in)
        });
        let until = self.entitlements.period_until - time::OffsetDateTime::now_utc();
        let until = until.whole_seconds().max(0).unsigned_abs();
        let quotas = self.quotas.iter().map(|limited| {
            let left = limited.quota.left().max(0).unsigned_abs();
            (limited.why.word(), left, until)
        });
        let (name, remaining, reset) = rates.chain(quotas).min_by_key(|(_, left, _)| *left)?;
        Some((&self.policy, format!("\"{name}\";r={remaining};t={reset}")))
    }
}

fn policy(rates: &[Rate], quotas: &[Limited], now: &Entitlements) -> String {
    let mut policy = String::new();
    let mut add = |name: &str, quota: i64, window: i64| {
        let comma = if policy.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(policy, "{comma}\"{name}\";q={quota};w={window}");
    };
    for rate in rates {
        add(rate.whose.as_str(), rate.per_minute.into(), 60);
    }
    let month = (now.period_until - now.period_from).whole_seconds();
    for limited in quotas {
        add(limited.why.word(), limited.limit, month);
    }
    policy
}
