//! How many acts a second leave their row in the audit log (rule R36): many writers in one tenant, whose chain they
//! share, and many tenants with a writer each. In this process, over a temporary cluster, without HTTP.

use api_types::input::TenantName;
use domain::toolkits::Registry;
use futures::future::join_all;
use std::time::{Duration, Instant};
use test_support::{Person, World};

const WRITERS: usize = 64;
const TENANTS: usize = 50;
const MEASURED: Duration = Duration::from_secs(5);

/// Acts a second.
pub struct Rates {
    /// In one tenant.
    pub alone: f64,
    /// In 50 tenants together.
    pub together: f64,
}

/// Measures both.
pub async fn run() -> anyhow::Result<Rates> {
    let world = World::with(Registry::built_in()?, "http://127.0.0.1:3000", 32).await;
    let ada = world.owner("ada").await;
    let alone = rate(std::iter::repeat_n(&ada, WRITERS)).await?;
    let mut people = Vec::new();
    for _ in 0..TENANTS {
        people.push(world.owner("bob").await);
    }
    let together = rate(people.iter()).await?;
    world.services.db.close().await;
    Ok(Rates { alone, together })
}

async fn rate(writers: impl Iterator<Item = &Person>) -> anyhow::Result<f64> {
    let began = Instant::now();
    let done = join_all(writers.map(|person| write(person, began))).await;
    let acts: usize = done.into_iter().sum::<anyhow::Result<usize>>()?;
    Ok(acts as f64 / began.elapsed().as_secs_f64())
}

async fn write(person: &Person, began: Instant) -> anyhow::Result<usize> {
    let mut acts = 0;
    while began.elapsed() < MEASURED {
        let name = TenantName::parse(&format!("lab {acts}"))?;
        domain::tenants::rename(&person.world.services, &person.actor, name)
            .await
            .map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
        acts += 1;
    }
    Ok(acts)
}
