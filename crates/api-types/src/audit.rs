//! The audit log: what was done to a tenant, by whom, and how it looked before and after.

use crate::{usage::Range, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

words! {
    /// What kind of thing was acted on.
    ObjectKind {
        Tenant = "tenant", "Tenant";
        Toolkit = "toolkit", "Toolkit";
        Client = "client", "MCP client";
        ApiKey = "api_key", "API key";
        Grant = "grant", "Grant";
        Role = "role", "Role";
        Member = "member", "Member";
        Invitation = "invitation", "Invitation";
        Person = "person", "Person";
        Connection = "connection", "Connection";
        Provider = "provider", "Provider";
        Api = "api", "Imported API";
        Webhook = "webhook", "Webhook";
    }
}

words! {
    /// One act of the control plane. Its word begins with the kind of its object.
    Act {
        TenantCreated = "tenant.created", "Created the tenant";
        TenantRenamed = "tenant.renamed", "Renamed the tenant";
        TenantSuspended = "tenant.suspended", "Suspended the tenant";
        TenantResumed = "tenant.resumed", "Resumed the tenant";
        PlanChanged = "tenant.plan_changed", "Changed the plan";
        LimitsChanged = "tenant.limits_changed", "Changed the limits of calls";
        QuotaReached = "tenant.quota_reached", "Found much of a quota used";
        TenantBlocked = "tenant.blocked", "Suspended the tenant as the operator";
        TenantUnblocked = "tenant.unblocked", "Resumed the tenant as the operator";
        SupportAllowed = "tenant.support_allowed", "Let the operator look at the tenant";
        SupportEnded = "tenant.support_ended", "Ended the operator's access";
        SupportEntered = "tenant.support_entered", "Entered the tenant to look at it";
        SupportLeft = "tenant.support_left", "Left the tenant";
        TenantExported = "tenant.exported", "Exported the tenant's data";
        TenantLogTrimmed = "tenant.log_trimmed", "Removed old rows of this log";
        UsageExported = "tenant.usage_exported", "Exported usage";
        UsageCorrected = "tenant.usage_corrected", "Corrected the usage";
        SecondFactorPolicyChanged = "tenant.second_factor_policy_changed", "Changed the policy on second factors";
        SsoDomainAdded = "tenant.sso_domain_added", "Claimed a domain";
        SsoDomainVerified = "tenant.sso_domain_verified", "Verified a domain";
        SsoDomainRemoved = "tenant.sso_domain_removed", "Gave a domain up";
        SsoDomainLost = "tenant.sso_domain_lost", "Found a domain's record gone";
        SsoConnected = "tenant.sso_connected", "Connected a sign-in provider";
        SsoTested = "tenant.sso_tested", "Tested the sign-in provider";
        SsoDisconnected = "tenant.sso_disconnected", "Disconnected the sign-in provider";
        SsoEnforcementChanged = "tenant.sso_enforcement_changed", "Changed who must use single sign-on";
        SubscriptionChanged = "tenant.subscription_changed", "Changed the subscription's plan";
        SubscriptionEnded = "tenant.subscription_ended", "Ended the subscription";
        SubscriptionResumed = "tenant.subscription_resumed", "Let the subscription go on";
        BillingRepaired = "tenant.billing_repaired", "Had billing repaired";
        ToolkitSwitched = "toolkit.switched", "Switched a toolkit";
        ClientRegistered = "client.registered", "Registered a client";
        ClientChanged = "client.changed", "Changed a client";
        ClientArchived = "client.archived", "Archived a client";
        ApiKeyCreated = "api_key.created", "Issued a key";
        ApiKeyRotated = "api_key.rotated", "Rotated a key";
        ApiKeyRevoked = "api_key.revoked", "Revoked a key";
        ApiKeyLimited = "api_key.limited", "Changed the limits of a key";
        ApiKeyQuotaReached = "api_key.quota_reached", "Found much of a key's quota used";
        ApiKeyReportedLeaked = "api_key.reported_leaked", "Found a key in public";
        ClientLogInSet = "client.log_in_set", "Changed how a client logs in";
        ClientLogInRemoved = "client.log_in_removed", "Took a client's log-in away";
        ClientSecretIssued = "client.secret_issued", "Issued a client's secret";
        ClientSecretRevoked = "client.secret_revoked", "Revoked a client's secret";
        ClientConnected = "client.connected", "Connected an app";
        GrantMade = "grant.made", "Let a client in";
        GrantEnded = "grant.ended", "Ended a grant";
        ConsentForgotten = "grant.consent_forgotten", "Took a remembered consent back";
        IdentityAssertionsSwitched = "tenant.identity_assertions_switched", "Changed whether the sign-in provider lets clients in";
        AccountConnected = "connection.made", "Connected an account";
        AccountReconnected = "connection.renewed", "Connected an account again";
        ConnectionChanged = "connection.changed", "Changed a connection";
        ConnectionLost = "connection.lost", "Found a connection broken";
        AccountDisconnected = "connection.ended", "Disconnected an account";
        ProviderAppSet = "provider.app_set", "Set the app at a provider";
        ProviderAppRemoved = "provider.app_removed", "Removed the app at a provider";
        ProviderDescribed = "provider.described", "Described a provider";
        ProviderRemoved = "provider.removed", "Removed a provider";
        ApiImported = "api.imported", "Imported an API";
        ApiChanged = "api.changed", "Changed an imported API";
        ApiSynced = "api.synced", "Took a newer document over";
        ApiRemoved = "api.removed", "Removed an imported API";
        WebhookCreated = "webhook.created", "Set a webhook up";
        WebhookChanged = "webhook.changed", "Changed a webhook";
        WebhookSecretRotated = "webhook.secret_rotated", "Rotated a webhook's secret";
        WebhookDisabled = "webhook.disabled", "Disabled a webhook";
        WebhookEnabled = "webhook.enabled", "Enabled a webhook";
        WebhookDeleted = "webhook.deleted", "Deleted a webhook";
        RoleCreated = "role.created", "Made a role";
        RoleChanged = "role.changed", "Changed a role";
        RoleDeleted = "role.deleted", "Deleted a role";
        InvitationSent = "invitation.sent", "Invited somebody";
        InvitationResent = "invitation.resent", "Sent an invitation again";
        InvitationRevoked = "invitation.revoked", "Revoked an invitation";
        InvitationAccepted = "invitation.accepted", "Joined by an invitation";
        MemberJoinedBySso = "member.joined_by_sso", "Joined by single sign-on";
        MemberRoleChanged = "member.role_changed", "Changed a member's role";
        MemberRemoved = "member.removed", "Removed a member";
        MemberLeft = "member.left", "Left the tenant";
        ServiceAccountMade = "member.service_account_made", "Made a service account";
        TenantMoved = "tenant.moved", "Changed the tenant's address";
        TenantDeleted = "tenant.deleted", "Deleted the tenant";
        TenantRestored = "tenant.restored", "Restored the tenant";
        TenantTransferred = "tenant.transferred", "Handed the tenant over";
        PersonRenamed = "person.renamed", "Changed their name";
        PasswordChanged = "person.password_changed", "Changed their password";
        PasswordReset = "person.password_reset", "Chose a new password by a link";
        AddressConfirmed = "person.address_confirmed", "Confirmed their address";
        AddressChangeRequested = "person.address_change_requested", "Asked for another address";
        AddressChanged = "person.address_changed", "Changed their address";
        SessionEnded = "person.session_ended", "Ended a session";
        SecondFactorAdded = "person.second_factor_added", "Added a second factor";
        SecondFactorRemoved = "person.second_factor_removed", "Removed their second factor";
        RecoveryCodesRenewed = "person.recovery_codes_renewed", "Made new recovery codes";
        IdentityLinked = "person.identity_linked", "Linked an account elsewhere";
        IdentityUnlinked = "person.identity_unlinked", "Unlinked an account elsewhere";
        RecoveryCodeUsed = "person.recovery_code_used", "Used a recovery code";
        PasskeyAdded = "person.passkey_added", "Added a passkey";
        PasskeyRenamed = "person.passkey_renamed", "Renamed a passkey";
        PasskeyRemoved = "person.passkey_removed", "Removed a passkey";
        PasskeyRefused = "person.passkey_refused", "Used a passkey that may be a copy";
    }
}

impl Act {
    /// What kind of thing it is done to: the beginning of its word.
    pub fn object(self) -> ObjectKind {
        let kind = self.as_str().split('.').next();
        // A test asks that each act's word begins with a kind that exists.
        kind.and_then(ObjectKind::parse)
            .unwrap_or(ObjectKind::Tenant)
    }
}

/// Which rows to show. Absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// How far back.
    pub range: Option<Range>,
    /// Only by this person or key.
    pub actor: Option<Uuid>,
    /// Only this act.
    pub act: Option<Act>,
    /// Only on things of this kind.
    pub object: Option<ObjectKind>,
    /// Only rows with all of these words, or words that begin so, in any of their parts.
    pub words: Option<String>,
}

impl AuditFilter {
    /// Whether every row is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Rows before this one are on the next page.
    pub next: Option<i64>,
    /// How many rows the filter lets through, on all pages.
    pub matching: i64,
    /// How many rows the log has now.
    pub total: i64,
    /// Everybody who has ever acted, to choose from.
    pub actors: Vec<AuditActor>,
    /// The newest signed end of the log.
    pub signed: Option<Signed>,
}

/// Somebody who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditActor {
    /// The person or key.
    pub id: Uuid,
    /// How they were called when they acted last.
    pub name: String,
}

/// A signed end of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The last row that it covers.
    pub seq: i64,
    /// When it was signed.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number: 1 is the tenant's first, and none is missing.
    pub seq: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `member`, `key`, `system` or `operator`.
    pub actor_kind: String,
    /// The person or key.
    pub actor_id: Option<Uuid>,
    /// How the actor was called then.
    pub actor_name: String,
    /// What was done: the word of an [`Act`], perhaps one that this version does not know.
    pub act: String,
    /// To what kind of thing.
    pub object_kind: String,
    /// To which.
    pub object_id: String,
    /// How the thing was called then.
    pub object_name: String,
    /// What changed, part by part.
    pub changes: Vec<FieldChange>,
    /// The address of the client.
    pub address: Option<String>,
    /// The request's id in the log.
    pub request_id: Option<Uuid>,
    /// The hash of the row before, in hexadecimal.
    pub prev: String,
    /// The hash of this row.
    pub hash: String,
}

impl AuditRow {
    /// The act in words for people.
    pub fn label(&self) -> &str {
        Act::parse(&self.act).map_or(&self.act, |act| act.label())
    }
}

/// One part of a thing, before and after an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The part's name.
    pub field: String,
    /// Its value before, if the thing was there.
    pub before: Option<String>,
    /// Its value after, if the thing is still there.
    pub after: Option<String>,
}

impl FieldChange {
    /// Whether it differs.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_begins_with_the_kind_of_its_object() {
        for act in Act::ALL {
            let (kind, _) = act.as_str().split_once('.').expect("a kind and an act");
            assert!(ObjectKind::parse(kind).is_some(), "{}", act.as_str());
            assert_eq!(Act::parse(act.as_str()), Some(*act));
        }
    }
}
