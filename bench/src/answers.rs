//! Whether the time of an answer tells who has an account (rule R12): the area under the curve of a guess by time
//! alone, which is 0.5 for a coin. In this process, over a temporary cluster, one at a time.

use domain::{Origin, accounts, toolkits::Registry, users};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use test_support::World;

/// Answers that one account gets before it is throttled: letters are the scarcer.
const EACH: usize = 5;

/// The area for each door.
pub struct Areas {
    /// Signing in with a wrong password.
    pub sign_in: f64,
    /// Asking for a letter to choose another.
    pub forgotten: f64,
}

#[derive(Clone, Copy)]
enum Door {
    SignIn,
    Forgotten,
}

/// Measures so many answers of either kind at each door.
pub async fn run(samples: usize) -> anyhow::Result<Areas> {
    let world = World::with(Registry::built_in()?, "http://127.0.0.1:3000", 5).await;
    let mut people = Vec::new();
    for _ in 0..samples.div_ceil(EACH) {
        people.push(world.owner("ada").await.email);
    }
    let sign_in = area(&world, Door::SignIn, &people, samples).await?;
    let forgotten = area(&world, Door::Forgotten, &people, samples).await?;
    world.services.db.close().await;
    Ok(Areas { sign_in, forgotten })
}

async fn area(world: &World, door: Door, people: &[String], samples: usize) -> anyhow::Result<f64> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for nth in 0..samples {
        let nobody = format!("nobody-{}@example.com", uuid::Uuid::new_v4().simple());
        let somebody = people[nth % people.len()].clone();
        // In turns, and in either order, so that neither has the quieter moments.
        let known_first = nth % 2 == 0;
        for is_known in [known_first, !known_first] {
            let email = if is_known { &somebody } else { &nobody };
            let time = answer(world, door, email).await?;
            let times = if is_known { &mut known } else { &mut unknown };
            times.push(time);
        }
    }
    Ok(area_under_curve(&known, &unknown))
}

async fn answer(world: &World, door: Door, email: &str) -> anyhow::Result<Duration> {
    // Each from elsewhere: it is not the throttle that is measured.
    let [a, b, c, ..] = uuid::Uuid::new_v4().into_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(10, a, b, c));
    let began = Instant::now();
    match door {
        Door::SignIn => {
            let answer = users::sign_in(&world.services, address, email, "a wrong guess").await;
            anyhow::ensure!(answer.is_err(), "a wrong password was right");
        }
        Door::Forgotten => {
            let origin = Origin::from(address);
            accounts::forgot_password(&world.services, origin, email)
                .await
                .map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
        }
    }
    Ok(began.elapsed())
}

/// How often a known account took longer than an unknown one; ties count half.
fn area_under_curve(known: &[Duration], unknown: &[Duration]) -> f64 {
    let pairs = known
        .iter()
        .flat_map(|a| unknown.iter().map(move |b| a.cmp(b)));
    let won: f64 = pairs
        .map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    won / (known.len() * unknown.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_that_is_always_right_has_the_whole_area() {
        let [short, long] = [[1, 2], [3, 4]].map(|times| times.map(Duration::from_millis));
        assert!((area_under_curve(&long, &short) - 1.0).abs() < f64::EPSILON);
        assert!((area_under_curve(&short, &short) - 0.5).abs() < f64::EPSILON);
    }
}
