"""Runs in the venv of a Python client: python_client.py CALL REPO [ARGUMENT]; prints what the call returned."""
import sys

import huggingface_hub as hub


def upload_folder(repo, folder):
    hub.create_repo(repo, exist_ok=True)
    return hub.upload_folder(repo_id=repo, folder_path=folder)


def upload_large_folder(repo, folder):
    if not hasattr(hub.HfApi, "upload_large_folder"):  # 2.x: its upload_folder does both
        return upload_folder(repo, folder)
    hub.HfApi().upload_large_folder(repo_id=repo, folder_path=folder, repo_type="model", print_report=False)


def upload_file(repo, path):
    hub.create_repo(repo, exist_ok=True)
    return hub.upload_file(repo_id=repo, path_or_fileobj=path, path_in_repo=path.rsplit("/", 1)[1])


CALLS = {
    "file": hub.hf_hub_download,
    "snapshot": hub.snapshot_download,
    "upload-folder": upload_folder,
    "upload-large-folder": upload_large_folder,
    "upload-file": upload_file,
}

if __name__ == "__main__":
    print(CALLS[sys.argv[1]](*sys.argv[2:]))
