//! `poolsim trace`: the logs of an incident as its instants, or as a scenario that plays it again.

use super::args::{Common, Format, Trace};
use super::exit::Status;
use super::out::Out;
use super::plain::open;
use super::shared::only;
use super::{files, load, targets};
use crate::dump::trace::Reader;
use crate::scenario;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A line is read so far at once: what is longer is read on and left aside.
const PIECE: usize = 1 << 16;

/// Reads and tells.
pub fn trace(out: Out, common: &Common, args: &Trace) -> Status {
    match traced(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn traced(out: Out, common: &Common, args: &Trace) -> Result<Status, Status> {
    only(out, common, "trace", &[Format::Text])?;
    let release = load::release(out, common)?;
    let pool = args.pool.as_ref().map(|path| load::load(out, path, &[], release)).transpose()?;
    let inputs: Vec<_> = args.logs.iter().chain(&args.pool).cloned().collect();
    let outputs = args.output.iter().map(|path| ((), path.clone())).collect();
    let output = targets::begin(out, outputs, &inputs)?.pop();
    let mut reader = Reader::new();
    for path in &args.logs {
        // Logs of several hosts have the same names.
        let name = files::name(path);
        let alone = args.logs.iter().filter(|other| files::name(other) == name).count() == 1;
        reader.file(&if alone { name } else { files::shown(path) });
        read(path, &mut reader).map_err(|error| {
            if error.kind() == std::io::ErrorKind::InvalidData {
                let help = ["unpack it first, or hand it on: `zcat FILE | poolsim trace -`".to_string()];
                return out.refuse("usage", &format!("{} is {error}", files::shown(path)), &help, Status::Wrong);
            }
            let what = format!("{} cannot be read: {error}", files::shown(path));
            out.refuse("unreadable", &what, &[], Status::Unreadable)
        })?;
    }
    let traced = reader.finish();
    let text = match &pool {
        None => traced.text(),
        Some(pool) => {
            let text = traced.scenario(&pool.scenario).map_err(|what| {
                let help = ["name xensource.log of the master, and SMlog of the hosts, of the hours of the incident".to_string()];
                out.refuse("usage", &what, &help, Status::Wrong)
            })?;
            if let Err(wrong) = scenario::load("traced.yaml", &text) {
                load::tell(out, &wrong);
                return Err(out.refuse(
                    "usage",
                    "what the logs tell makes no scenario with this pool",
                    &["is it the pool of these logs?".into()],
                    Status::Wrong,
                ));
            }
            text
        }
    };
    Ok(match output {
        Some(output) => output.put(out, &text),
        None => out.result(&text),
    })
}

/// Reads a log line by line, in bounded memory whatever its lines.
fn read(path: &Path, reader: &mut Reader) -> std::io::Result<()> {
    if path.as_os_str() == "-" {
        return lines(std::io::stdin().lock(), reader);
    }
    lines(BufReader::with_capacity(PIECE, open(path)?), reader)
}

fn lines(mut source: impl BufRead, reader: &mut Reader) -> std::io::Result<()> {
    const PACKED: [(&[u8], &str); 5] =
        [(b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd")];
    let head = source.fill_buf()?;
    if let Some((_, with)) = PACKED.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, format!("compressed with {with}")));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "a tar archive"));
    }
    let mut line: Vec<u8> = Vec::new();
    loop {
        let piece = source.fill_buf()?;
        if piece.is_empty() {
            if !line.is_empty() {
                reader.line(&line);
            }
            return Ok(());
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(piece.len(), |end| end + 1);
        let words = &piece[..end.unwrap_or(piece.len())];
        line.extend(&words[..words.len().min(PIECE.saturating_sub(line.len()))]);
        source.consume(taken);
        if end.is_some() {
            reader.line(&line);
            line.clear();
        }
    }
}
