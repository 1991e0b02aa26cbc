//! What is kept of a password (RFC 5802): enough to check a client and to prove the server, not the password itself.

use esker_metadata::{HiddenBytes, ScramCredential, ScramMechanism};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// What is kept of a password that a client has salted and hashed `iterations` times.
pub(crate) fn credential(
    mechanism: ScramMechanism,
    salt: &[u8],
    salted_password: &[u8],
    iterations: i32,
) -> ScramCredential {
    let (stored_key, server_key) = match mechanism {
        ScramMechanism::Sha256 => {
            let client_key = hmac_sha256(salted_password, b"Client Key");
            (Sha256::digest(client_key).to_vec(), hmac_sha256(salted_password, b"Server Key"))
        }
        ScramMechanism::Sha512 => {
            let client_key = hmac_sha512(salted_password, b"Client Key");
            (Sha512::digest(client_key).to_vec(), hmac_sha512(salted_password, b"Server Key"))
        }
    };
    ScramCredential {
        iterations,
        salt: HiddenBytes(salt.to_vec()),
        stored_key: HiddenBytes(stored_key),
        server_key: HiddenBytes(server_key),
    }
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(text).finalize().into_bytes().to_vec(),
        Err(_) => unreachable!("HMAC takes keys of every length"),
    }
}

fn hmac_sha512(key: &[u8], text: &[u8]) -> Vec<u8> {
    match Hmac::<Sha512>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(text).finalize().into_bytes().to_vec(),
        Err(_) => unreachable!("HMAC takes keys of every length"),
    }
}
