//! A device that makes passkeys and answers with them, in the JSON that browsers send.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BACK_UP: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const NEW_KEY: u8 = 0x40;

/// A passkey with everything that a test may want to be wrong. A clone is a copied key.
#[derive(Clone)]
pub struct SoftPasskey {
    /// The page that the browser believes to be on.
    pub origin: String,
    /// The name that the device believes to answer to.
    pub rp_id: String,
    /// Whether it asks for its person.
    pub verifies: bool,
    /// Signatures so far; counted if it begins above 0.
    pub count: u32,
    /// Whom the device believes it to belong to.
    pub handle: String,
    id: Vec<u8>,
    key: Arc<EcdsaKeyPair>,
}

impl SoftPasskey {
    /// A key for pages at `origin` that belongs to nobody yet.
    ///
    /// # Panics
    /// When the library fails.
    pub fn at(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self {
            origin: origin.into(),
            rp_id: "localhost".into(),
            verifies: true,
            count: 1,
            handle: String::new(),
            id: vault::random_bytes::<32>().to_vec(),
            key: Arc::new(key),
        }
    }

    /// What somebody has who knows all of it but the private key.
    #[must_use]
    pub fn with_another_key(&self) -> Self {
        Self {
            key: Self::at(&self.origin).key,
            ..self.clone()
        }
    }

    /// What a browser sends after it was asked to make a passkey.
    ///
    /// # Panics
    /// When the options are not such.
    pub fn register(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("options");
        assert_eq!(
            options["authenticatorSelection"]["userVerification"],
            "required"
        );
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        self.handle = options["user"]["id"].as_str().expect("a handle").into();
        let mut data = self.authenticator_data(NEW_KEY);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(&self.id);
        data.extend(self.cose_key());
        // The map {fmt: "none", attStmt: {}, authData: …} in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("a short text"));
        object.extend(data);
        let client = self.client_data("webauthn.create", &options);
        let response = json!({
            "clientDataJSON": BASE64.encode(client),
            "attestationObject": BASE64.encode(object),
            "transports": ["internal", "hybrid"],
        });
        self.credential(response)
    }

    /// What a browser sends after the passkey was asked to answer.
    ///
    /// # Panics
    /// When the options are not such.
    pub fn answer(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("options");
        assert_eq!(options["userVerification"], "required");
        let data = self.authenticator_data(0);
        let client = self.client_data("webauthn.get", &options);
        let signed = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed);
        let response = json!({
            "clientDataJSON": BASE64.encode(client),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature.expect("a signature")),
            "userHandle": self.handle,
        });
        self.credential(response)
    }

    fn credential(&self, response: Value) -> String {
        let id = BASE64.encode(&self.id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    /// And counts.
    fn authenticator_data(&mut self, flags: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(flags | PRESENT | MAY_BACK_UP | BACKED_UP | verified);
        data.extend(self.count.to_be_bytes());
        self.count += u32::from(self.count > 0);
        data
    }

    /// {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR: an elliptic key for ES256 on P-256.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        [
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(),
            x,
            b"\x22\x58\x20",
            y,
        ]
        .concat()
    }
}
