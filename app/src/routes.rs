//! Every page's address. All pages are rendered whole before the first byte leaves, so that they
//! work without WebAssembly and carry the right status.
//!
//! A browser fetches the program in two parts. What stands at the door, `users`, is in the first;
//! everything inside a tenant is in the second, which the first page there asks for.

use crate::{
    accounts, audit, billing, clients, connections, layout, limits, members, oauth, operator,
    settings, sign_in_with, sso, tasks, tenants, ui::NotFound, usage, users, webhooks,
};
use leptos::prelude::*;
use leptos_router::{
    Lazy, LazyRoute, SsrMode,
    components::{ParentRoute, Route, Routes},
    path,
};

/// Declares the pages of the second part. One function makes them all: where each page has its
/// own, the code that some of them share comes in dozens of small files.
macro_rules! second_part {
    ($($name:ident shows $view:path;)*) => {
        enum Page {
            $($name),*
        }

        #[lazy]
        fn show(page: Page) -> AnyView {
            match page {
                $(Page::$name => $view()),*
            }
        }

        $(
            struct $name;

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_page: Self) -> AnyView {
                    show(Page::$name).await
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    __preload_show().await;
                }
            }
        )*
    };
}

second_part! {
    Account shows accounts::AccountPage;
    StepUp shows users::StepUpPage;
    SignUpWith shows sign_in_with::SignUpWithPage;
    Forgot shows accounts::ForgotPage;
    Reset shows accounts::ResetPage;
    ConfirmAddress shows accounts::ConfirmAddressPage;
    Tenant shows layout::TenantLayout;
    Overview shows tenants::OverviewPage;
    Clients shows clients::ClientsPage;
    Client shows clients::ClientPage;
    Connections shows connections::ConnectionsPage;
    Connect shows connections::ConnectPage;
    Connection shows connections::ConnectionPage;
    Describe shows connections::DescribePage;
    Tools shows connections::ToolsPage;
    Apis shows connections::ApisPage;
    Api shows connections::ApiPage;
    ApiTools shows connections::ApiToolsPage;
    Webhooks shows webhooks::WebhooksPage;
    Webhook shows webhooks::WebhookPage;
    Delivery shows webhooks::DeliveryPage;
    Billing shows billing::BillingPage;
    ChangePlan shows billing::ChangePlanPage;
    Invoice shows billing::InvoicePage;
    BilledCalls shows billing::BilledCallsPage;
    Grants shows oauth::GrantsPage;
    Debugger shows oauth::DebuggerPage;
    Consent shows oauth::ConsentPage;
    Usage shows usage::UsagePage;
    UsageExports shows usage::ExportsPage;
    Calls shows usage::CallsPage;
    Call shows usage::CallPage;
    Limits shows limits::LimitsPage;
    Plan shows limits::PlanPage;
    Tasks shows tasks::TasksPage;
    Task shows tasks::TaskPage;
    Audit shows audit::AuditPage;
    AuditRow shows audit::AuditRowPage;
    Invitation shows members::InvitationPage;
    NewTenant shows tenants::NewTenantPage;
    Members shows members::MembersPage;
    Roles shows members::RolesPage;
    Access shows members::AccessPage;
    Sso shows sso::SsoPage;
    SignInSso shows sso::SignInSsoPage;
    Settings shows settings::SettingsPage;
    OperatorTenants shows operator::OperatorTenantsPage;
    OperatorTenant shows operator::OperatorTenantPage;
    OperatorUsage shows operator::OperatorUsagePage;
    OperatorPlans shows operator::OperatorPlansPage;
    OperatorJobs shows operator::OperatorJobsPage;
    OperatorLog shows operator::OperatorLogPage;
}

#[component]
pub fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFound/> }.into_any()>
            <Route path=path!("/") view=users::Home ssr=SsrMode::Async/>
            <Route path=path!("/sign-up") view=users::SignUpPage ssr=SsrMode::Async/>
            <Route path=path!("/sign-in") view=users::SignInPage ssr=SsrMode::Async/>
            <Route path=path!("/invitations") view={Lazy::<Invitation>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/new-tenant") view={Lazy::<NewTenant>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/sign-in/code") view=users::SignInCodePage ssr=SsrMode::Async/>
            <Route path=path!("/sign-up/with") view={Lazy::<SignUpWith>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/sign-in/sso") view={Lazy::<SignInSso>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/account") view={Lazy::<Account>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/step-up") view={Lazy::<StepUp>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/forgot") view={Lazy::<Forgot>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/reset") view={Lazy::<Reset>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/confirm-address") view={Lazy::<ConfirmAddress>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/oauth/consent/:id") view={Lazy::<Consent>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator") view={Lazy::<OperatorTenants>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator/tenants/:id") view={Lazy::<OperatorTenant>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator/usage") view={Lazy::<OperatorUsage>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator/plans") view={Lazy::<OperatorPlans>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator/jobs") view={Lazy::<OperatorJobs>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/operator/log") view={Lazy::<OperatorLog>::new()} ssr=SsrMode::Async/>
            <ParentRoute path=path!("/t/:slug") view={Lazy::<Tenant>::new()} ssr=SsrMode::Async>
                <Route path=path!("") view={Lazy::<Overview>::new()} ssr=SsrMode::Async/>
                <Route path=path!("clients") view={Lazy::<Clients>::new()} ssr=SsrMode::Async/>
                <Route path=path!("clients/:id") view={Lazy::<Client>::new()} ssr=SsrMode::Async/>
                <Route path=path!("connections") view={Lazy::<Connections>::new()} ssr=SsrMode::Async/>
                <Route path=path!("connections/describe") view={Lazy::<Describe>::new()} ssr=SsrMode::Async/>
                <Route path=path!("connections/new/:provider") view={Lazy::<Connect>::new()} ssr=SsrMode::Async/>
                <Route path=path!("connections/tools/:provider") view={Lazy::<Tools>::new()} ssr=SsrMode::Async/>
                <Route path=path!("connections/:id") view={Lazy::<Connection>::new()} ssr=SsrMode::Async/>
                <Route path=path!("apis") view={Lazy::<Apis>::new()} ssr=SsrMode::Async/>
                <Route path=path!("apis/:id") view={Lazy::<Api>::new()} ssr=SsrMode::Async/>
                <Route path=path!("apis/:id/tools") view={Lazy::<ApiTools>::new()} ssr=SsrMode::Async/>
                <Route path=path!("webhooks") view={Lazy::<Webhooks>::new()} ssr=SsrMode::Async/>
                <Route path=path!("webhooks/:id") view={Lazy::<Webhook>::new()} ssr=SsrMode::Async/>
                <Route path=path!("webhooks/:id/:delivery") view={Lazy::<Delivery>::new()} ssr=SsrMode::Async/>
                <Route path=path!("billing") view={Lazy::<Billing>::new()} ssr=SsrMode::Async/>
                <Route path=path!("billing/change") view={Lazy::<ChangePlan>::new()} ssr=SsrMode::Async/>
                <Route path=path!("billing/calls") view={Lazy::<BilledCalls>::new()} ssr=SsrMode::Async/>
                <Route path=path!("billing/invoices/:id") view={Lazy::<Invoice>::new()} ssr=SsrMode::Async/>
                <Route path=path!("grants") view={Lazy::<Grants>::new()} ssr=SsrMode::Async/>
                <Route path=path!("oauth") view={Lazy::<Debugger>::new()} ssr=SsrMode::Async/>
                <Route path=path!("usage") view={Lazy::<Usage>::new()} ssr=SsrMode::Async/>
                <Route path=path!("usage/exports") view={Lazy::<UsageExports>::new()} ssr=SsrMode::Async/>
                <Route path=path!("usage/calls") view={Lazy::<Calls>::new()} ssr=SsrMode::Async/>
                <Route path=path!("usage/calls/:id") view={Lazy::<Call>::new()} ssr=SsrMode::Async/>
                <Route path=path!("limits") view={Lazy::<Limits>::new()} ssr=SsrMode::Async/>
                <Route path=path!("plan") view={Lazy::<Plan>::new()} ssr=SsrMode::Async/>
                <Route path=path!("tasks") view={Lazy::<Tasks>::new()} ssr=SsrMode::Async/>
                <Route path=path!("tasks/:id") view={Lazy::<Task>::new()} ssr=SsrMode::Async/>
                <Route path=path!("audit") view={Lazy::<Audit>::new()} ssr=SsrMode::Async/>
                <Route path=path!("audit/:id") view={Lazy::<AuditRow>::new()} ssr=SsrMode::Async/>
                <Route path=path!("members") view={Lazy::<Members>::new()} ssr=SsrMode::Async/>
                <Route path=path!("roles") view={Lazy::<Roles>::new()} ssr=SsrMode::Async/>
                <Route path=path!("access") view={Lazy::<Access>::new()} ssr=SsrMode::Async/>
                <Route path=path!("sso") view={Lazy::<Sso>::new()} ssr=SsrMode::Async/>
                <Route path=path!("settings") view={Lazy::<Settings>::new()} ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}
