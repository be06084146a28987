//! Infos and downloads.
use std::path::Path;

use hf_hub::api::sync::ApiError;
use hf_hub::{Repo as Place, RepoType};
use serde_json::{json, Value};

use crate::support::*;

fn at(repo: &Repo, revision: &str) -> Place {
    Place::with_revision(repo.id.clone(), RepoType::Model, revision.to_string())
}

pub fn info() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let card = b"---\nlicense: mit\nlanguage: en\ntags: [flowing]\n---\n".to_vec();
    let kinds = [("model", RepoType::Model), ("dataset", RepoType::Dataset), ("space", RepoType::Space)];
    for (kind, place) in kinds {
        let more = if kind == "space" { json!({"space_sdk": "gradio"}) } else { Value::Null };
        let repo = Repo::new("repos-info", kind, more)?;
        let first = repo.put(&Files::from([("README.md", card.clone()), ("w.safetensors", noise(3000, 1))]))?;
        let head = repo.put(&Files::from([("dir/a.txt", b"a".to_vec())]))?;
        let one = api.repo(Place::new(repo.id.clone(), place));
        let info = one.info()?;
        same(&info.sha, &head, "the head")?;
        let names: Vec<_> =
            info.siblings.iter().map(|file| file.rfilename.as_str()).filter(|name| *name != "app.py").collect();
        same(names, vec![".gitattributes", "README.md", "dir/a.txt", "w.safetensors"], "its files")?;
        let old = api.repo(Place::with_revision(repo.id.clone(), place, first.clone())).info()?;
        same(&old.sha, &first, "at a commit")?;
        check(!old.siblings.iter().any(|file| file.rfilename == "dir/a.txt"), "without what came later")?;
        // The client decodes two fields of the infos; the rest can be asked for as it is.
        let text = one.info_request().query("blobs", "true").call()?.body_mut().read_to_string()?;
        let told: Value = serde_json::from_str(&text)?;
        same(told["cardData"]["license"].as_str(), Some("mit"), "its card")?;
        check(
            told["tags"].as_array().is_some_and(|tags| tags.contains(&json!("flowing"))),
            format!("tags: {}", told["tags"]),
        )?;
        check(told["createdAt"].as_str() <= told["lastModified"].as_str() && told["createdAt"].is_string(), "dates")?;
        let files = told["siblings"].as_array().cloned().unwrap_or_default();
        let weights = files.iter().find(|file| file["rfilename"] == "w.safetensors").ok_or("no weights")?;
        same(weights["size"].as_u64(), Some(3000), "the size of a file")?;
        same(weights["lfs"]["sha256"].as_str().map(str::len), Some(64), "its SHA-256")?;
    }
    refused(api.model("ann/none".into()).info(), 404, "an unknown repo")?;
    refused(client(None, &cache.0).build()?.model("ann/none".into()).info(), 401, "without a token")
}

pub fn exists() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let repo = Repo::model("files-exists")?;
    repo.put(&Files::from([("a.txt", b"a".to_vec()), ("dir/w.bin", noise(3000, 2))]))?;
    repo.branch("dev/größe")?;
    check(api.model(repo.id.clone()).info().is_ok(), "a repo")?;
    refused(api.dataset(repo.id.clone()).info(), 404, "of another type")?;
    for revision in ["main", "dev", "none", "refs/pr/1"] {
        let place = at(&repo, revision);
        let found = api.repo(place).info();
        if revision == "main" {
            check(found.is_ok(), "a revision")?
        } else {
            refused(found, 404, revision)?
        }
    }
    check(api.repo(at(&repo, "dev%2Fgr%C3%B6%C3%9Fe")).info().is_ok(), "a branch whose name the caller has encoded")?;
    let model = api.model(repo.id.clone());
    for name in ["a.txt", "dir/w.bin"] {
        check(api.metadata(&model.url(name)).is_ok(), name)?;
    }
    for name in ["none", "dir", "dir/none.txt"] {
        refused(api.metadata(&model.url(name)), 404, name)?;
    }
    // A private repo, and a token that hfasync has stored.
    call("update_repo_settings", json!({"repo_id": repo.id, "private": true}))?;
    for (token, status) in [(None, 401), (Some("hf_bob"), 404)] {
        refused(
            client(token, &cache.0).build()?.model(repo.id.clone()).info(),
            status,
            "a private repo looks missing",
        )?;
    }
    let home = Folder::new()?;
    std::fs::write(home.0.join("token"), "")?;
    let login = std::process::Command::new(env("HFASYNC_PROGRAM"))
        .args(["auth", "login"])
        .env("HF_HOME", &home.0)
        .env_remove("HF_TOKEN")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .and_then(|mut child| {
            std::io::Write::write_all(child.stdin.as_mut().expect("its input"), b"hf_ann\n")?;
            child.wait()
        })?;
    check(login.success(), "hfasync auth login")?;
    let stored = hf_hub::Cache::new(home.0.join("hub"));
    same(stored.token(), Some("hf_ann".to_string()), "the token that hfasync has stored")?;
    let api = hf_hub::api::sync::ApiBuilder::from_cache(stored).with_endpoint(env("HF_ENDPOINT")).build()?;
    check(api.model(repo.id.clone()).info().is_ok(), "opens the private repo")
}

pub fn metadata() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let repo = Repo::model("files-metadata")?;
    let head = repo.put(&Files::from([("hello.txt", b"hello".to_vec()), ("w.safetensors", noise(5000, 3))]))?;
    let model = api.model(repo.id.clone());
    same(model.url("hello.txt"), format!("{}/{}/resolve/main/hello.txt", env("HF_ENDPOINT"), repo.id), "the URL")?;
    let regular = api.metadata(&model.url("hello.txt"))?;
    same(regular.commit_hash(), head.as_str(), "the commit")?;
    same(regular.etag(), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0", "git's id of a regular file")?;
    same(regular.size(), 5, "its size")?;
    requests()?;
    let large = api.metadata(&model.url("w.safetensors"))?;
    let info = call("get_paths_info", json!({"repo_id": repo.id, "paths": ["w.safetensors"]}))?;
    same(Some(large.etag()), info[0]["lfs"]["sha256"].as_str(), "the SHA-256 of an LFS file")?;
    same(large.size(), 5000, "its size")?;
    same(large.commit_hash(), head.as_str(), "the commit")?;
    let storage: Vec<_> = requests()?.into_iter().filter(|request| request["origin"] == "storage").collect();
    same(storage.len(), 1, "the size is asked for where the object is")
}

pub fn file() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let repo = Repo::model("downloads-file")?;
    let weights = noise(40_000, 4);
    let first = repo.put(&Files::from([("dir/a.txt", b"one".to_vec()), ("w.safetensors", weights.clone())]))?;
    repo.branch("dev/old")?;
    let head = repo.put(&Files::from([("dir/a.txt", b"two".to_vec())]))?;
    call("create_tag", json!({"repo_id": repo.id, "tag": "v1", "revision": first}))?;
    let cases =
        [("main", "two", &head), ("dev/old", "one", &first), ("v1", "one", &first), (first.as_str(), "one", &first)];
    let store = cache.0.join("models--ann--downloads-file");
    for (revision, wanted, commit) in cases {
        let one = api.repo(at(&repo, revision));
        let path = one.get("dir/a.txt")?;
        same(&path, &store.join("snapshots").join(commit).join("dir/a.txt"), "its place")?;
        same_bytes(&path, wanted.as_bytes(), revision)?;
        check(path.symlink_metadata()?.is_symlink(), "is a link")?;
        same_bytes(&one.get("w.safetensors")?, &weights, "an LFS file")?;
        same(std::fs::read_to_string(store.join("refs").join(revision))?, commit.clone(), "the ref")?;
    }
    let etag = api.metadata(&api.model(repo.id.clone()).url("w.safetensors"))?.etag().to_string();
    same_bytes(&store.join("blobs").join(&etag), &weights, "the blob of an LFS file has its SHA-256 as name")?;
    let link = std::fs::read_link(store.join("snapshots").join(&head).join("dir/a.txt"))?;
    check(link.starts_with("../../../blobs"), format!("{} leads to the blobs", link.display()))?;
    requests()?;
    api.repo(at(&repo, "main")).get("dir/a.txt")?;
    same(requests()?.len(), 0, "what is there needs no request")
}

pub fn snapshot() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let repo = Repo::new("downloads-snapshot", "dataset", Value::Null)?;
    let files = Files::from([
        ("a.txt", b"1".to_vec()),
        ("dir/b.txt", b"22".to_vec()),
        ("dir/sub/c.parquet", noise(20_000, 5)),
        ("w.bin", noise(2_000_000, 6)),
    ]);
    let head = repo.put(&files)?;
    // The client has no call for all of it: its callers go through the infos.
    let place = api.dataset(repo.id.clone());
    let info = place.info()?;
    same(info.siblings.len(), files.len() + 1, "files of the infos")?;
    for file in &info.siblings {
        let path = place.get(&file.rfilename)?;
        let folder = cache.0.join("datasets--ann--downloads-snapshot/snapshots").join(&head);
        same(&path, &folder.join(&file.rfilename), "its place")?;
        if let Some(content) = files.get(file.rfilename.as_str()) {
            same_bytes(&path, content, &file.rfilename)?;
        }
    }
    let scanned: Value =
        serde_json::from_str(&hfasync(&["cache", "scan", "--json", "--dir", path_text(&cache.0)], &[])?)?;
    same(scanned["repos"].as_array().map(Vec::len), Some(1), "repos that hfasync finds in the cache")?;
    same(scanned["warnings"].as_array().map(Vec::len), Some(0), "without a warning")?;
    same(scanned["repos"][0]["nb_files"].as_u64(), Some(info.siblings.len() as u64), "with all files")
}

pub fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

pub fn missing() -> Done {
    let cache = Folder::new()?;
    let api = ann(&cache.0)?;
    let repo = Repo::model("downloads-missing")?;
    repo.put(&Files::from([("a.txt", b"a".to_vec())]))?;
    // All of them are the status of the answer: the client has no errors of its own for them.
    refused(api.model(repo.id.clone()).get("none.txt"), 404, "a file")?;
    refused(api.repo(at(&repo, "none")).get("a.txt"), 404, "a revision")?;
    refused(api.model("ann/none".into()).get("a.txt"), 404, "a repo")?;
    refused(client(None, &cache.0).build()?.model("ann/none".into()).get("a.txt"), 401, "a repo, without a token")?;
    refused(client(Some("hf_wrong"), &cache.0).build()?.model(repo.id.clone()).get("a.txt"), 401, "a wrong token")?;
    same(std::fs::read_dir(&cache.0)?.count(), 0, "nothing is left in the cache")
}

fn of_storage(seen: &[Value]) -> Vec<String> {
    let gets = seen.iter().filter(|request| request["origin"] == "storage" && request["method"] == "GET");
    gets.map(|request| header(request, "range")).collect()
}

pub fn resume() -> Done {
    let cache = Folder::new()?;
    let repo = Repo::model("downloads-resume")?;
    let weights = noise(3_000_000, 7);
    repo.put(&Files::from([("w.bin", weights.clone())]))?;
    let api = ann(&cache.0)?;
    requests()?;
    fault(json!({"method": "GET", "origin": "storage", "skip": 1, "action": "close", "at": 1_000_000}))?;
    let broken = api.model(repo.id.clone()).get("w.bin");
    check(matches!(broken, Err(ApiError::IoError(_))), format!("a transfer that breaks off: {broken:?}"))?;
    same(of_storage(&requests()?), vec!["bytes=0-0".to_string(), "bytes=0-".to_string()], "what was asked for")?;
    let path = api.model(repo.id.clone()).get("w.bin")?;
    same_bytes(&path, &weights, "whole")?;
    same(
        of_storage(&requests()?),
        vec!["bytes=0-0".to_string(), "bytes=1000000-".to_string()],
        "only what was missing",
    )?;
    no_faults()
}

pub fn transient() -> Done {
    let cache = Folder::new()?;
    let repo = Repo::model("errors-transient")?;
    let weights = noise(300_000, 8);
    repo.put(&Files::from([("w.bin", weights.clone()), ("r.txt", noise(200_000, 9))]))?;
    let outcome = trouble(&repo, &cache.0, &weights);
    no_faults()?;
    outcome
}

fn trouble(repo: &Repo, cache: &Path, weights: &[u8]) -> Done {
    let api = ann(cache)?;
    fault(json!({"method": "GET", "path": format!("/api/models/{}/*", repo.id), "action": "status", "status": 503}))?;
    refused(api.model(repo.id.clone()).info(), 503, "infos are not tried again")?;
    check(api.model(repo.id.clone()).info().is_ok(), "the next ones come")?;
    fault(json!({"method": "GET", "path": format!("/{}/resolve/*", repo.id), "action": "status", "status": 503}))?;
    refused(api.model(repo.id.clone()).get("w.bin"), 503, "nor is the metadata of a file")?;
    // With retries, a download is: here the first try breaks off, and the second is refused.
    let patient = client(Some("hf_ann"), cache).with_retries(3).build()?;
    fault(json!({"method": "GET", "origin": "storage", "skip": 1, "action": "reset", "at": 100_000}))?;
    fault(json!({"method": "GET", "origin": "storage", "action": "status", "status": 503}))?;
    requests()?;
    same_bytes(&patient.model(repo.id.clone()).get("w.bin")?, weights, "after retries")?;
    let asked = of_storage(&requests()?);
    check(asked.len() >= 4, format!("metadata and three tries: {asked:?}"))
}
