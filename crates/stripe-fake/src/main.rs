//! The fake as a program, for tests that are no Rust: `stripe-fake [ADDRESS]`. It prints where it listens and serves
//! until it is ended; `/_fake` is the hand with which it is moved.

use stripe_fake::Stripe;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1);
    let fake = Stripe::on(address.as_deref().unwrap_or("127.0.0.1:0")).await;
    println!("{}", fake.url());
    std::future::pending::<()>().await;
}
