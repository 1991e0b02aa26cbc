//! Zig-zag varints as records have them: seven bits a byte, the lowest first.

/// Longest encoding of 32 bits.
pub(crate) const VARINT_LEN_MAX: usize = 5;

/// Appends `value`.
pub(crate) fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_varlong(out, i64::from(value));
}

/// Appends `value`; small numbers of either sign are short.
pub(crate) fn write_varlong(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Bytes that `value` takes.
pub(crate) fn varint_len(value: i32) -> usize {
    varlong_len(i64::from(value))
}

/// Bytes that `value` takes.
pub(crate) fn varlong_len(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    (70 - (zigzag | 1).leading_zeros() as usize) / 7
}

/// Undoes the zig-zag of 32 bits.
pub(crate) fn unzigzag_32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Undoes the zig-zag of 64 bits.
pub(crate) fn unzigzag_64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
