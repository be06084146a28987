"""docs/coming-from-huggingface-hub.md: the same as coming_from_huggingface_hub.cpp, in Python."""
import os
from pathlib import Path

#[client
from huggingface_hub import HfApi

api = HfApi()
#]
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfFileSystem, scan_cache_dir
from huggingface_hub.utils import EntryNotFoundError

folder = Path(os.environ["HF_HOME"]) / "coming-from"
folder.mkdir()
(folder / "notes.txt").write_text("notes\n")

#[call
me = api.whoami()
model = api.model_info("acme/tiny", files_metadata=True)
print(me["name"], model.sha)
#]

#[download
file = api.hf_hub_download("acme/tiny", "config.json")
snapshot = api.snapshot_download("acme/tiny", allow_patterns="*.json")
#]

#[listing
for found in api.list_models(author="acme", limit=5):
    print(found.id)
#]

#[upload
api.create_repo("acme/from-python", private=True, exist_ok=True)
commit = api.upload_folder(repo_id="acme/from-python", folder_path=folder, commit_message="All", ignore_patterns="*.tmp")
api.upload_file(path_or_fileobj=b"hello", path_in_repo="hello.txt", repo_id="acme/from-python")
#]

#[commit
operations = [CommitOperationAdd("notes.txt", folder / "notes.txt"), CommitOperationDelete("hello.txt")]
commit = api.create_commit("acme/from-python", operations, commit_message="Swap", create_pr=True)
print(commit.pr_url)
#]

#[errors
try:
    api.hf_hub_download("acme/tiny", "missing.bin")
except EntryNotFoundError as error:
    print(error.response.status_code)  # 404
#]

#[cache
cache = scan_cache_dir()
for repo in cache.repos:
    print(repo.repo_id, repo.size_on_disk)
#]

#[filesystem
with HfFileSystem().open("acme/tiny/config.json") as remote:
    head = remote.read(10)
#]
assert Path(file).is_file() and Path(snapshot).is_dir() and head
api.delete_repo("acme/from-python")
