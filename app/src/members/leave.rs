//! Leaving a tenant, in its settings: whoever belongs to it may, also who may not see its members.

use super::server_fns::LeaveTenant;
use crate::ui::{
    Card, DialogButtons, Form, Icon, LinkButton, Look, Modal, Post, query_is, use_path,
};
use leptos::prelude::*;

#[component]
pub fn LeaveCard(slug: String) -> AnyView {
    let (action, path) = (Post::<LeaveTenant>::new(), use_path());
    let open = Signal::derive(move || format!("{}?dialog=leave", path.get()));
    let slug = StoredValue::new(slug);
    view! {
        <Card title="Leave this tenant" about="It disappears from your account. The last owner cannot leave.">
            <LinkButton href=open label="Leave" icon=Icon::SignOut/>
        </Card>
        <Modal title="Leave this tenant" open=query_is("dialog", "leave") close_to=path>
            <Form action>
                <p>
                    "The tenant disappears from your account, and the keys of your clients in it stop \
                     working at once. The last owner cannot leave."
                </p>
                <input type="hidden" name="tenant" value=slug.get_value()/>
                <DialogButtons label="Leave" look=Look::Danger/>
            </Form>
        </Modal>
    }
    .into_any()
}
