//! The flows of hf-hub; started by flows/play, which says in which environment.
mod caches;
mod files;
mod support;

use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};

use support::{env, take_count, Done};

fn main() {
    let flows: Vec<(&str, fn() -> Done)> = vec![
        ("repos.info", files::info),
        ("files.exists", files::exists),
        ("files.metadata", files::metadata),
        ("downloads.file", files::file),
        ("downloads.snapshot", files::snapshot),
        ("downloads.missing", files::missing),
        ("downloads.resume", files::resume),
        ("downloads.offline", caches::offline),
        ("cache.read_by_the_other", caches::read_by_the_other),
        ("errors.transient", files::transient),
    ];
    let only = std::env::var("HFASYNC_FLOWS_ONLY").unwrap_or_default();
    let mut results = std::fs::OpenOptions::new().append(true).open(env("HFASYNC_FLOW_RESULTS")).expect("the results");
    for (name, flow) in flows {
        // No regular expressions in the standard library: what is asked for is a part of the name, or some of them.
        if !only.split('|').any(|part| name.contains(part.trim_matches(['^', '$', '(', ')']))) {
            continue;
        }
        take_count();
        let outcome = catch_unwind(AssertUnwindSafe(flow)).unwrap_or_else(|_| Err("it panicked".into()));
        let line = match outcome {
            Ok(()) => serde_json::json!({"flow": name, "passed": true, "checks": take_count()}),
            Err(error) => serde_json::json!({"flow": name, "passed": false, "error": error.to_string()}),
        };
        writeln!(results, "{line}").expect("a line of the results");
    }
}
