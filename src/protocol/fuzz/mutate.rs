//! Ways to spoil a valid input: what a bad disk, a bad programmer or a bad person would do.

use esker_protocol::arbitrary::Rng;

/// Numbers that decoders get wrong, as they stand on the wire.
const NUMBERS: [&[u8]; 10] = [
    &[0xff, 0xff, 0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0x80, 0, 0, 0],
    &[0, 0, 0, 0],
    &[0, 1, 0, 0],
    &[0xff, 0xff],
    &[0x7f, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0x07],
    &[0x80, 0x80, 0x80, 0x80, 0x80],
];

/// Changes `input` in one to four ways. `other` is another input to take parts from.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..=rng.below(4) {
        once(input, other, rng);
    }
}

fn once(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.below(input.len() + 1);
    let rest = input.len() - at;
    match rng.below(8) {
        0 if rest > 0 => input[at] ^= 1 << rng.below(8),
        1 if rest > 0 => input[at] = rng.next_u64() as u8,
        2 if rest > 0 => input[at] = input[at].wrapping_add(if rng.one_in(2) { 1 } else { 0xff }),
        3 => input.truncate(at),
        4 => overwrite(input, at, NUMBERS[rng.below(NUMBERS.len())]),
        5 => {
            let len = rng.below(rest.min(16) + 1);
            input.drain(at..at + len);
        }
        6 => {
            let bytes: Vec<u8> = (0..rng.below(16)).map(|_| rng.next_u64() as u8).collect();
            input.splice(at..at, bytes);
        }
        _ => {
            let from = rng.below(other.len() + 1);
            let len = rng.below((other.len() - from).min(64) + 1);
            overwrite(input, at, &other[from..from + len]);
        }
    }
}

fn overwrite(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = input.len().min(at + bytes.len());
    input.splice(at..end, bytes.iter().copied());
}
