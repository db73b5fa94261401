//! Lines of invoices, in the shape of the API.

use crate::{books::drawn, items::Line};
use serde_json::{Value, json};

/// The line of an item of a subscription.
pub(crate) fn said(line: &Line, subscription: &Value, currency: &Value) -> Value {
    json!({
        "id": format!("il_{}", drawn()),
        "object": "line_item",
        "amount": line.amount,
        "currency": currency,
        "description": line.description,
        "discountable": !line.is_proration,
        "metadata": {},
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null,
                "proration": line.is_proration,
                "subscription": subscription,
                "subscription_item": line.item,
            },
        },
        "period": { "start": line.period.start, "end": line.period.end },
        "pricing": {
            "type": "price_details",
            "price_details": { "price": line.price["id"], "product": line.price["product"] },
            "unit_amount_decimal": line.unit,
        },
        "quantity": line.quantity,
        "subtotal": line.amount,
        "taxes": [],
    })
}

/// The line of something that was noted for an invoice.
pub(crate) fn line_of_item(item: &Value) -> Value {
    json!({
        "id": format!("il_{}", drawn()),
        "object": "line_item",
        "amount": item["amount"],
        "currency": item["currency"],
        "description": item["description"],
        "discountable": false,
        "metadata": {},
        "parent": {
            "type": "invoice_item_details",
            "invoice_item_details": {
                "invoice_item": item["id"],
                "proration": item["proration"],
                "subscription": item["subscription"],
            },
            "subscription_item_details": null,
        },
        "period": item["period"],
        "pricing": {
            "type": "price_details",
            "price_details": { "price": item["price"]["id"], "product": item["price"]["product"] },
            "unit_amount_decimal": item["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "subtotal": item["amount"],
        "taxes": [],
    })
}
