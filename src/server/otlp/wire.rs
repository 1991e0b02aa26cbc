//! The little of protobuf that OTLP's messages need, written and never read.
//!
//! ```text
//! field   varint(number << 3 | kind), then  kind 0: varint   kind 1: 8 bytes, little end first   kind 2: varint(length), bytes
//! ```

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80); // the low seven bits
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn number(&mut self, field: u32, value: u64) {
        self.varint(u64::from(field) << 3);
        self.varint(value);
    }

    pub(super) fn fixed(&mut self, field: u32, value: u64) {
        self.varint(u64::from(field) << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.fixed(field, value.to_bits());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A message within this one.
    pub(super) fn inner(&mut self, field: u32, write: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    /// Numbers of eight bytes each, one behind the other.
    pub(super) fn packed(&mut self, field: u32, values: impl Iterator<Item = u64>) {
        let packed: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
        self.bytes(field, &packed);
    }

    /// A `KeyValue` whose value is a text.
    pub(super) fn attribute(&mut self, field: u32, key: &str, value: &str) {
        self.inner(field, |pair| {
            pair.text(1, key);
            pair.inner(2, |any| any.text(1, value));
        });
    }

    /// A `KeyValue` whose value is a whole number.
    pub(super) fn attribute_number(&mut self, field: u32, key: &str, value: i64) {
        self.inner(field, |pair| {
            pair.text(1, key);
            pair.inner(2, |any| any.number(3, value as u64)); // two's complement, as protobuf has it
        });
    }

    /// A `Resource`.
    pub(super) fn resource(&mut self, field: u32, attributes: &[(String, String)]) {
        self.inner(field, |resource| attributes.iter().for_each(|(key, value)| resource.attribute(1, key, value)));
    }

    /// An `InstrumentationScope`: this program.
    pub(super) fn scope(&mut self, field: u32) {
        self.inner(field, |scope| {
            scope.text(1, "esker");
            scope.text(2, env!("CARGO_PKG_VERSION"));
        });
    }
}
