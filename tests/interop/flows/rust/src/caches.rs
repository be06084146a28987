//! One cache for hf-hub and hfasync.
use hf_hub::{Cache, Repo as Place, RepoType};
use serde_json::json;

use crate::files::path_text;
use crate::support::*;

pub fn offline() -> Done {
    let folder = Folder::new()?;
    let repo = Repo::model("downloads-offline")?;
    let weights = noise(30_000, 10);
    repo.put(&Files::from([("dir/a.txt", b"a".to_vec()), ("w.bin", weights.clone())]))?;
    let api = ann(&folder.0)?;
    api.model(repo.id.clone()).get("w.bin")?;
    requests()?;
    let cache = Cache::new(folder.0.clone());
    let found = cache.model(repo.id.clone()).get("w.bin").ok_or("a file that is there")?;
    same_bytes(&found, &weights, "its bytes")?;
    same(cache.model(repo.id.clone()).get("dir/a.txt"), None, "a file that is not")?;
    same(cache.dataset(repo.id.clone()).get("w.bin"), None, "a repo that is not")?;
    let other = Place::with_revision(repo.id.clone(), RepoType::Model, "dev".into());
    same(cache.repo(other).get("w.bin"), None, "a revision that is not")?;
    same(requests()?.len(), 0, "requests")
}

pub fn read_by_the_other() -> Done {
    let (theirs, ours) = (Folder::new()?, Folder::new()?);
    let repo = Repo::model("cache-read")?;
    let files = Files::from([("dir/a.txt", b"one".to_vec()), ("w.safetensors", noise(50_000, 11))]);
    let head = repo.put(&files)?;
    repo.branch("dev/x")?;
    let api = ann(&theirs.0)?;
    let dev = Place::with_revision(repo.id.clone(), RepoType::Model, "dev/x".into());
    for name in files.keys() {
        api.model(repo.id.clone()).get(name)?;
        api.repo(dev.clone()).get(name)?;
    }
    // hfasync reads what hf-hub has left.
    requests()?;
    let there = path_text(&theirs.0);
    for (name, content) in &files {
        for revision in ["main", "dev/x", &head] {
            let words = [
                "download",
                &repo.id,
                name,
                "--quiet",
                "--cache-dir",
                there,
                "--revision",
                revision,
                "--local-files-only",
            ];
            let path = hfasync(&words, &[("HF_HUB_OFFLINE", "1")])?;
            check(path.ends_with(&format!("snapshots/{head}/{name}")), &path)?;
            same_bytes(path.as_ref(), content, name)?;
        }
    }
    same(requests()?.len(), 0, "requests of hfasync")?;
    hfasync(&["cache", "verify", "--dir", there], &[])?;
    let path = hfasync(&["download", &repo.id, "--quiet", "--cache-dir", there], &[])?;
    check(path.ends_with(&head), &path)?;
    let asked = requests()?;
    let fetched = |name: &str| {
        asked.iter().any(|request| {
            request["method"] == "GET" && request["target"].as_str().is_some_and(|target| target.contains(name))
        })
    };
    check(fetched("resolve/") && !fetched("a.txt") && !fetched("w.safetensors"), "only .gitattributes was missing")?;
    // And hf-hub what hfasync has.
    hfasync(&["download", &repo.id, "--quiet", "--cache-dir", path_text(&ours.0)], &[])?;
    hfasync(&["download", &repo.id, "--quiet", "--cache-dir", path_text(&ours.0), "--revision", "dev/x"], &[])?;
    requests()?;
    let api = ann(&ours.0)?;
    for (name, content) in &files {
        same_bytes(&api.model(repo.id.clone()).get(name)?, content, name)?;
        same_bytes(&api.repo(dev.clone()).get(name)?, content, name)?;
    }
    same(requests()?.len(), 0, "requests of hf-hub")?;
    // A file of both, at the same time in one cache: each is whole.
    let next = repo.put(&Files::from([("new.bin", noise(400_000, 12))]))?;
    let both = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            hfasync(&["download", &repo.id, "new.bin", "--quiet", "--cache-dir", path_text(&ours.0)], &[])
                .map_err(|error| error.to_string())
        });
        let mine = api.model(repo.id.clone()).download("new.bin").map_err(|error| error.to_string());
        (mine, other.join().expect("no panic"))
    });
    let mine = both.0?;
    check(mine.ends_with(format!("{next}/new.bin")), mine.display().to_string())?;
    same(both.1?, path_text(&mine).to_string(), "both find it in one place")?;
    same_bytes(&mine, &noise(400_000, 12), "and whole")?;
    let info = call("get_paths_info", json!({"repo_id": repo.id, "paths": ["new.bin"]}))?;
    same(info[0]["size"].as_u64(), Some(400_000), "its size")
}
