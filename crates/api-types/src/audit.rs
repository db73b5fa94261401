//! The audit log: what was done to a tenant, by whom, and how it looked before and after.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {$(
            #[doc = $label]
            #[serde(rename = $word)]
            $variant,
        )+}

        impl $name {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the database, in exports and in addresses.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$variant => $word),+}
            }

            /// The words for people.
            pub fn label(self) -> &'static str {
                match self {$(Self::$variant => $label),+}
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words! {
    /// What kind of thing was acted on.
    ObjectKind {
        Tenant = "tenant", "Tenant";
        Toolkit = "toolkit", "Toolkit";
        Client = "client", "MCP client";
        ApiKey = "api_key", "API key";
        Role = "role", "Role";
        Member = "member", "Member";
        Invitation = "invitation", "Invitation";
        Person = "person", "Person";
    }
}

words! {
    /// One act of the control plane. Its word begins with the kind of its object.
    Act {
        TenantCreated = "tenant.created", "Created the tenant";
        TenantRenamed = "tenant.renamed", "Renamed the tenant";
        SecondFactorPolicyChanged = "tenant.second_factor_policy_changed", "Changed the policy on second factors";
        ToolkitSwitched = "toolkit.switched", "Switched a toolkit";
        ClientRegistered = "client.registered", "Registered a client";
        ClientChanged = "client.changed", "Changed a client";
        ClientArchived = "client.archived", "Archived a client";
        ApiKeyCreated = "api_key.created", "Issued a key";
        ApiKeyRotated = "api_key.rotated", "Rotated a key";
        ApiKeyRevoked = "api_key.revoked", "Revoked a key";
        RoleCreated = "role.created", "Made a role";
        RoleChanged = "role.changed", "Changed a role";
        RoleDeleted = "role.deleted", "Deleted a role";
        InvitationSent = "invitation.sent", "Invited somebody";
        InvitationResent = "invitation.resent", "Sent an invitation again";
        InvitationRevoked = "invitation.revoked", "Revoked an invitation";
        InvitationAccepted = "invitation.accepted", "Joined by an invitation";
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
        RecoveryCodeUsed = "person.recovery_code_used", "Used a recovery code";
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
