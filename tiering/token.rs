//! Who writes: the number that orders the leaders of a partition across elections, restarts and rebuilt clusters.

use crate::codec::{DecodeError, Reader, Writer};
use esker_model::{BrokerEpoch, LeaderEpoch};
use std::fmt;

/// The writer of a manifest version or an object. Greater tokens fence smaller ones; the order of the fields is the order of
/// their weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriterToken {
    /// The cluster's generation: grows when a cluster is rebuilt from its bucket.
    pub generation: u32,
    /// The partition's leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// The leader's registration.
    pub broker_epoch: BrokerEpoch,
}

impl WriterToken {
    /// Below every token that a writer can hold.
    pub const NONE: WriterToken = WriterToken { generation: 0, leader_epoch: -1, broker_epoch: -1 };

    /// 32 hexadecimal digits, as in the names of objects; they sort as the tokens do for epochs from 0 on.
    pub(crate) fn to_hex(self) -> String {
        format!("{:08x}{:08x}{:016x}", self.generation, self.leader_epoch, self.broker_epoch)
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()) {
            return None;
        }
        Some(Self {
            generation: u32::from_str_radix(&text[..8], 16).ok()?,
            leader_epoch: u32::from_str_radix(&text[8..16], 16).ok()? as i32,
            broker_epoch: u64::from_str_radix(&text[16..], 16).ok()? as i64,
        })
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.u32(self.generation);
        writer.i32(self.leader_epoch);
        writer.i64(self.broker_epoch);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { generation: reader.u32()?, leader_epoch: reader.i32()?, broker_epoch: reader.i64()? })
    }
}

impl fmt::Display for WriterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.generation, self.leader_epoch, self.broker_epoch)
    }
}
