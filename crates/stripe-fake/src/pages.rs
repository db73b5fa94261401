//! The pages that people are led to: paying, and the portal. As plain as can be.

use crate::Stripe;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Redirect, Response},
};

pub(crate) fn answer(fake: &Stripe, method: &str, path: &str) -> Response {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["pay", "invoices", ..]) => Html("<h1>Invoice</h1>".to_owned()).into_response(),
        ("GET", ["pay", id]) => checkout(fake, id),
        ("POST", ["pay", id]) => pay(fake, id),
        ("GET", ["portal", ..]) => portal(fake, &format!("{}{path}", fake.url())),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn checkout(fake: &Stripe, id: &str) -> Response {
    let Some(session) = fake.object(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let back = session["cancel_url"].as_str().unwrap_or("/");
    Html(format!(
        "<!DOCTYPE html><link rel=\"icon\" href=\"data:,\"><title>Checkout</title><h1>Checkout</h1>\
         <form method=\"post\"><button>Pay</button></form><a href=\"{back}\">Back</a>"
    ))
    .into_response()
}

fn pay(fake: &Stripe, id: &str) -> Response {
    let done = fake.books().complete_checkout(id);
    let Ok(session) = done else {
        return (StatusCode::CONFLICT, "this cannot be paid").into_response();
    };
    let to = session["success_url"].as_str().unwrap_or("/");
    Redirect::to(&to.replace("{CHECKOUT_SESSION_ID}", id)).into_response()
}

fn portal(fake: &Stripe, url: &str) -> Response {
    let books = fake.books();
    let mut sessions = books.all("billing_portal.session", false, None);
    sessions.extend(books.all("billing_portal.session", true, None));
    let session = sessions.into_iter().find(|session| session["url"] == url);
    let back = session.and_then(|session| session["return_url"].as_str());
    let Some(back) = back.map(str::to_owned) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    drop(books);
    let page = format!(
        "<!DOCTYPE html><link rel=\"icon\" href=\"data:,\"><title>Portal</title><h1>Customer portal</h1><a href=\"{back}\">Return</a>"
    );
    Html(page).into_response()
}
