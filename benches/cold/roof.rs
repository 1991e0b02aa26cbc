//! The least that an upload costs on this machine, now: reading a file that is in the page cache, CRC-32C, sending.

use esker_benches::LoadError;
use esker_benches::usage::thread_cpu_seconds;
use esker_record::crc32c;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};

const PIECE: usize = 256 << 10;
const FILE_PIECES: usize = 1024;
/// The first time through is not counted.
const ROUNDS: usize = 5;

/// CPU-s/GB of one thread; whoever takes the bytes is not counted.
pub fn upload() -> Result<f64, LoadError> {
    let mut file = tempfile::tempfile()?;
    let mut piece = vec![7; PIECE];
    for _ in 0..FILE_PIECES {
        file.write_all(&piece)?;
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let (mut taker, _) = listener.accept()?;
    let taken = std::thread::spawn(move || {
        let mut into = vec![0; PIECE];
        while taker.read(&mut into).is_ok_and(|len| len > 0) {}
    });
    let (mut cpu, mut sums) = (0.0, 0);
    for round in 0..ROUNDS {
        if round == 1 {
            cpu = thread_cpu_seconds()?;
        }
        file.seek(SeekFrom::Start(0))?;
        for _ in 0..FILE_PIECES {
            file.read_exact(&mut piece)?;
            sums ^= crc32c(&piece);
            stream.write_all(&piece)?;
        }
    }
    let cpu = thread_cpu_seconds()? - cpu;
    std::hint::black_box(sums);
    drop(stream);
    if taken.join().is_err() {
        return Err(LoadError::Malformed("bytes"));
    }
    Ok(cpu / ((ROUNDS - 1) * FILE_PIECES * PIECE) as f64 * 1e9)
}
