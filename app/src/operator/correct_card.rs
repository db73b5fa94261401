//! The card of a tenant's page in the console that corrects what one of its calls counts.

use super::{CORRECTED, server_fns::CorrectCall};
use crate::ui::{Card, Field, Form, Look, Post, Submit, TextArea};
use api_types::TenantId;
use leptos::prelude::*;

#[component]
pub fn CorrectCard(id: TenantId, action: Post<CorrectCall>) -> AnyView {
    view! {
        <Card
            title="Correct a call"
            about="Adds units to a call, or takes some off. It counts from now on, and what was billed stays. The \
                   tenant reads the reason on the page of the call and in its audit log."
        >
            <Form action done=CORRECTED>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="form-row">
                    <Field
                        label="Call id"
                        name="call"
                        required=true
                        hint="As the page of the call in the tenant's usage names it."
                    />
                    <Field
                        label="Units"
                        name="units"
                        kind="number"
                        required=true
                        hint="A whole number; less than nothing takes units off."
                    />
                </div>
                <TextArea label="Reason" name="reason" rows=3 maxlength=500/>
                <Submit label="Correct" look=Look::Secondary/>
            </Form>
        </Card>
    }
    .into_any()
}
