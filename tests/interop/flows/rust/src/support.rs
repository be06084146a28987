//! What a flow is made of: checks, repos (made by hfasync, as this client only reads), and what the Hub has seen.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use serde_json::{json, Value};

pub type Failure = Box<dyn std::error::Error>;
pub type Done = Result<(), Failure>;

static CHECKS: AtomicU32 = AtomicU32::new(0);
static FOLDERS: AtomicU32 = AtomicU32::new(0);

pub fn take_count() -> u32 {
    CHECKS.swap(0, Ordering::Relaxed)
}

pub fn check(condition: bool, what: impl AsRef<str>) -> Done {
    if !condition {
        return Err(what.as_ref().into());
    }
    CHECKS.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

pub fn same<T: PartialEq + std::fmt::Debug>(got: T, wanted: T, what: &str) -> Done {
    check(got == wanted, format!("{what}: {got:.200?}, not {wanted:.200?}"))
}

/// Bytes, of which a failure does not show all.
pub fn same_bytes(path: &Path, wanted: &[u8], what: &str) -> Done {
    let got = std::fs::read(path).map_err(|error| format!("{what}: {}: {error}", path.display()))?;
    check(got == wanted, format!("{what}: {} has {} bytes, wanted are {}", path.display(), got.len(), wanted.len()))
}

/// The call must end with this status.
pub fn refused<T: std::fmt::Debug>(result: Result<T, ApiError>, status: u16, what: &str) -> Done {
    match result {
        Err(ApiError::RequestError(error)) => match *error {
            ureq::Error::StatusCode(got) => same(got, status, what),
            other => Err(format!("{what}: {other}").into()),
        },
        other => Err(format!("{what}: {other:?}").into()),
    }
}

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start this with flows/play"))
}

/// Bytes that do not compress and are the same every time.
pub fn noise(size: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..size).map(step).collect()
}

/// A folder that goes with its owner.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Result<Self, Failure> {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hfasync-rust-{}-{number}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// hfasync's program with ann's token; what it prints.
pub fn hfasync(words: &[&str], variables: &[(&str, &str)]) -> Result<String, Failure> {
    let mut command = Command::new(env("HFASYNC_PROGRAM"));
    command.args(words).env("HF_TOKEN", "hf_ann").envs(variables.iter().copied());
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("hfasync {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_string())
}

pub fn call(method: &str, args: Value) -> Result<Value, Failure> {
    let text = hfasync(&["api", method, "--args", &json!({"args": args}).to_string()], &[])?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub type Files = BTreeMap<&'static str, Vec<u8>>;

/// A repo of ann's, deleted with its owner.
pub struct Repo {
    pub id: String,
    kind: &'static str,
}

impl Repo {
    pub fn new(name: &str, kind: &'static str, more: Value) -> Result<Self, Failure> {
        let mut args = json!({"repo_id": format!("ann/{name}"), "repo_type": kind});
        for (key, value) in more.as_object().into_iter().flatten() {
            args[key] = value.clone();
        }
        call("create_repo", args)?;
        Ok(Self { id: format!("ann/{name}"), kind })
    }

    pub fn model(name: &str) -> Result<Self, Failure> {
        Self::new(name, "model", Value::Null)
    }

    /// One commit with these files; its id.
    pub fn put(&self, files: &Files) -> Result<String, Failure> {
        let folder = Folder::new()?;
        for (path, content) in files {
            let path = folder.0.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder"))?;
            std::fs::write(path, content)?;
        }
        let local = folder.0.to_str().expect("a path in UTF-8");
        hfasync(&["upload", &self.id, local, ".", "--repo-type", self.kind, "--quiet"], &[])?;
        self.head("main")
    }

    pub fn head(&self, revision: &str) -> Result<String, Failure> {
        let info = call("repo_info", json!({"repo_id": self.id, "repo_type": self.kind, "revision": revision}))?;
        Ok(info["sha"].as_str().ok_or(format!("no sha in {info}"))?.to_string())
    }

    pub fn branch(&self, name: &str) -> Done {
        call("create_branch", json!({"repo_id": self.id, "branch": name, "repo_type": self.kind})).map(|_| ())
    }
}

impl Drop for Repo {
    fn drop(&mut self) {
        if let Err(error) = call("delete_repo", json!({"repo_id": self.id, "repo_type": self.kind})) {
            eprintln!("{} is left behind: {error}", self.id);
        }
    }
}

/// The client of somebody (or nobody) on a cache.
pub fn client(token: Option<&str>, cache: &Path) -> ApiBuilder {
    ApiBuilder::from_env()
        .with_token(token.map(str::to_string))
        .with_cache_dir(cache.to_path_buf())
        .with_progress(false)
}

pub fn ann(cache: &Path) -> Result<Api, Failure> {
    Ok(client(Some("hf_ann"), cache).build()?)
}

fn control(method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
    let url = format!("{}/__emulator/{path}", env("HF_ENDPOINT"));
    let text = match (method, body) {
        ("POST", Some(body)) => ureq::post(url).send(body.to_string())?.body_mut().read_to_string()?,
        ("DELETE", _) => ureq::delete(url).call()?.body_mut().read_to_string()?,
        _ => ureq::get(url).call()?.body_mut().read_to_string()?,
    };
    Ok(serde_json::from_str(&text)?)
}

/// Requests that the Hub has answered since the last call.
pub fn requests() -> Result<Vec<Value>, Failure> {
    let seen = control("GET", "requests", None)?;
    control("DELETE", "requests", None)?;
    Ok(seen.as_array().cloned().unwrap_or_default())
}

/// The value of a header; empty without one.
pub fn header(request: &Value, name: &str) -> String {
    let headers = request["headers"].as_array().cloned().unwrap_or_default();
    let found = headers.iter().find(|pair| pair[0].as_str().is_some_and(|key| key.eq_ignore_ascii_case(name)));
    found.and_then(|pair| pair[1].as_str()).unwrap_or_default().to_string()
}

pub fn fault(rule: Value) -> Done {
    control("POST", "faults", Some(&rule)).map(|_| ())
}

pub fn no_faults() -> Done {
    control("DELETE", "faults", None).map(|_| ())
}
