//! A reader of protobuf that knows no schema, for what this crate writes.

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Field {
    pub(crate) fn number(&self) -> u64 {
        match self {
            Field::Number(number) => *number,
            Field::Bytes(_) => panic!("a number was expected"),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Field::Bytes(bytes) => bytes.clone(),
            Field::Number(_) => panic!("bytes were expected"),
        }
    }
}

/// All fields of a message, in their order.
pub(crate) fn fields(mut message: &[u8]) -> Vec<(u32, Field)> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let value = match key & 7 {
            0 => Field::Number(varint(&mut message)),
            1 => Field::Number(u64::from_le_bytes(take(&mut message, 8).try_into().unwrap())),
            2 => {
                let len = varint(&mut message) as usize;
                Field::Bytes(take(&mut message, len).to_vec())
            }
            kind => panic!("fields of kind {kind} are not written"),
        };
        found.push(((key >> 3) as u32, value));
    }
    found
}

/// The values of one field; there is at least one.
pub(crate) fn find(message: &[(u32, Field)], field: u32) -> Vec<Field> {
    let found: Vec<Field> =
        message.iter().filter(|(number, _)| *number == field).map(|(_, value)| value.clone()).collect();
    assert!(!found.is_empty(), "no field {field} in {message:?}");
    found
}

fn take<'a>(message: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at(len);
    *message = rest;
    taken
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a number of more than ten bytes")
}
