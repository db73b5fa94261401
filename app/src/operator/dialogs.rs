//! The forms of a tenant's page in the console.

use super::server_fns::{BlockTenant, EnterTenant, UnblockTenant};
use crate::ui::{DialogButtons, Form, Look, Modal, Post, Submit, TextArea, query_is, use_path};
use api_types::TenantId;
use leptos::prelude::*;

/// Asks why the tenant is suspended.
#[component]
pub fn BlockDialog(id: TenantId, action: Post<BlockTenant>) -> AnyView {
    let path = use_path();
    view! {
        <Modal title="Suspend tenant" open=query_is("dialog", "suspend") close_to=path>
            <Form action done="Suspended. The owners get a letter.">
                <p>
                    "Every call to its endpoint is refused within a second, until an operator resumes it. Its people \
                     read the reason on every page, and its owners get it by mail."
                </p>
                <input type="hidden" name="id" value=id.to_string()/>
                <TextArea label="Reason" name="reason" rows=3 maxlength=500/>
                <DialogButtons label="Suspend tenant" look=Look::Danger/>
            </Form>
        </Modal>
    }
    .into_any()
}

/// Takes the suspension back.
pub fn unblock_form(id: TenantId, action: Post<UnblockTenant>) -> AnyView {
    view! {
        <Form action done="Resumed. The owners get a letter." class="form-inline">
            <input type="hidden" name="id" value=id.to_string()/>
            <Submit label="Resume tenant"/>
        </Form>
    }
    .into_any()
}

/// The way into a tenant that lets the operator look at it.
pub fn enter_form(id: TenantId, action: Post<EnterTenant>) -> AnyView {
    view! {
        <Form action class="form-inline">
            <input type="hidden" name="id" value=id.to_string()/>
            <Submit label="Enter tenant"/>
        </Form>
    }
    .into_any()
}
