//! Buckets in memory, and S3's requests on them.

use super::dates;
use super::exchange::{Answer, Body, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

const KEYS_PER_PAGE: usize = 1000;

#[derive(Clone, Debug)]
struct Object {
    bytes: Arc<Vec<u8>>,
    modified: u64,
}

#[derive(Debug, Default)]
struct State {
    /// By bucket and key, as they stand in a path.
    objects: BTreeMap<String, Object>,
    /// Parts of unfinished uploads, by upload and number.
    parts: BTreeMap<(String, u32), Vec<u8>>,
    uploads: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Objects(Mutex<State>);

fn error(status: u16, code: &str) -> Answer {
    Answer::text(status, format!("<Error><Code>{code}</Code></Error>"))
}

fn ok() -> Answer {
    Answer::text(200, String::new()).with("etag", "\"0\"")
}

impl Objects {
    /// Does what is asked, atomically.
    pub fn answer(&self, request: &mut Request) -> Answer {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = request.path.trim_start_matches('/').to_owned();
        let upload = request.asked("uploadId").map(str::to_owned);
        match (request.kind(), upload) {
            ("list", _) => state.list(&key, request),
            ("get" | "head", _) => state.get(&key, request),
            ("put_part", Some(upload)) => state.put_part(upload, request),
            ("create", _) if state.objects.contains_key(&key) => error(412, "PreconditionFailed"),
            ("put" | "create", _) => state.put(key, std::mem::take(&mut request.body)),
            ("multipart", Some(upload)) => state.complete(key, &upload),
            ("multipart", None) => state.begin(),
            ("delete", Some(upload)) => {
                state.parts.retain(|(known, _), _| *known != upload);
                Answer::text(204, String::new())
            }
            ("delete", None) => state.delete(&key, request),
            _ => error(400, "InvalidRequest"),
        }
    }
}

impl State {
    fn put(&mut self, key: String, bytes: Vec<u8>) -> Answer {
        self.objects.insert(key, Object { bytes: Arc::new(bytes), modified: dates::now() });
        ok()
    }

    fn get(&self, key: &str, request: &Request) -> Answer {
        let Some(object) = self.objects.get(key) else { return error(404, "NoSuchKey") };
        let whole = object.bytes.len();
        let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let range = range.and_then(|(from, to)| Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()? + 1)));
        let (from, to) = range.unwrap_or((0, whole));
        if from >= to.min(whole) && range.is_some() {
            return error(416, "InvalidRange");
        }
        let to = to.min(whole);
        let answer =
            Answer::bytes(if range.is_some() { 206 } else { 200 }, Body::new(Arc::clone(&object.bytes), from, to))
                .with("last-modified", dates::in_header(object.modified))
                .with("etag", "\"0\"")
                .head(request.method == "HEAD");
        match range {
            Some(_) => answer.with("content-range", format!("bytes {from}-{}/{whole}", to - 1)),
            None => answer,
        }
    }

    fn list(&self, bucket: &str, request: &Request) -> Answer {
        let bucket = format!("{}/", bucket.trim_end_matches('/'));
        let asked = |name: &str| request.asked(name).unwrap_or_default().to_owned();
        let (prefix, delimiter) = (asked("prefix"), asked("delimiter"));
        let after = [asked("continuation-token"), asked("start-after")].into_iter().find(|key| !key.is_empty());
        let after = after.unwrap_or_default();
        let (mut listed, mut dirs, mut last, mut is_cut) = (String::new(), BTreeSet::new(), String::new(), false);
        let start = format!("{bucket}{prefix}");
        for (count, (key, object)) in self.objects.range(start.clone()..).enumerate() {
            let Some(name) = key.strip_prefix(&bucket).filter(|_| key.starts_with(&start)) else { break };
            if count >= KEYS_PER_PAGE * 100 || listed.len() > KEYS_PER_PAGE * 300 {
                is_cut = true;
                break;
            }
            if name <= after.as_str() {
                continue;
            }
            name.clone_into(&mut last);
            let dir = name[prefix.len()..].find('/').filter(|_| !delimiter.is_empty());
            if let Some(at) = dir {
                dirs.insert(name[..prefix.len() + at + 1].to_owned());
                continue;
            }
            let (size, modified) = (object.bytes.len(), dates::in_listing(object.modified));
            listed += &format!(
                "<Contents><Key>{name}</Key><Size>{size}</Size><LastModified>{modified}</LastModified><ETag>\"0\"</ETag></Contents>"
            );
        }
        let dirs = dirs.iter().map(|dir| format!("<CommonPrefixes><Prefix>{dir}</Prefix></CommonPrefixes>"));
        let dirs: String = dirs.collect();
        let more =
            if is_cut { format!("<NextContinuationToken>{last}</NextContinuationToken>") } else { String::new() };
        let text =
            format!("<ListBucketResult><IsTruncated>{is_cut}</IsTruncated>{listed}{dirs}{more}</ListBucketResult>");
        Answer::text(200, text)
    }

    fn delete(&mut self, key: &str, request: &Request) -> Answer {
        if request.method == "DELETE" {
            self.objects.remove(key);
            return Answer::text(204, String::new());
        }
        let text = String::from_utf8_lossy(&request.body);
        // Clients miss the keys of which the answer says nothing.
        let mut deleted = String::new();
        for part in text.split("<Key>").skip(1) {
            let name = part.split("</Key>").next().unwrap_or_default();
            self.objects.remove(&format!("{}/{name}", key.trim_end_matches('/')));
            deleted += &format!("<Deleted><Key>{name}</Key></Deleted>");
        }
        Answer::text(200, format!("<DeleteResult>{deleted}</DeleteResult>"))
    }

    fn begin(&mut self) -> Answer {
        self.uploads += 1;
        let id = self.uploads;
        Answer::text(
            200,
            format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
        )
    }

    fn put_part(&mut self, upload: String, request: &mut Request) -> Answer {
        let number = request.asked("partNumber").and_then(|number| number.parse().ok()).unwrap_or(0);
        self.parts.insert((upload, number), std::mem::take(&mut request.body));
        ok()
    }

    fn complete(&mut self, key: String, upload: &str) -> Answer {
        let known: Vec<(String, u32)> = self.parts.keys().filter(|(known, _)| known == upload).cloned().collect();
        let bytes = known.iter().filter_map(|part| self.parts.remove(part)).collect::<Vec<_>>().concat();
        self.put(key, bytes);
        Answer::text(200, "<CompleteMultipartUploadResult><ETag>\"0\"</ETag></CompleteMultipartUploadResult>".into())
    }
}
