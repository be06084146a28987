"""The clients: how each is installed, and the command it takes for each job."""
import dataclasses, os, pathlib, re, shutil, subprocess, sys
from typing import Callable

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
PYTHON_CLIENT = HERE / "clients/python_client.py"
PACKAGES = {"nginx": "nginx", "curl": "curl", "aria2c": "aria2", "wrk": "wrk", "openssl": "openssl"}


class Missing(Exception):
    """A peer that cannot be had on this machine, and why."""


@dataclasses.dataclass
class Task:
    """What a client is asked to do, in a form that each turns into its own command."""
    call: str  # file, snapshot, upload-file, upload-folder, upload-large-folder, rate
    repo: str
    endpoint: str
    token: str
    ca: pathlib.Path | None
    home: pathlib.Path  # HF_HOME
    out: pathlib.Path  # for clients that know no cache
    folder: object = None  # fixtures.Folder
    seconds: float = 3  # of a rate
    in_flight: int = 64
    copy: pathlib.Path | None = None  # of the folder, for what leaves traces in it

    @property
    def source(self):
        """What is uploaded: the folder, or its one file."""
        return self.folder.root / self.folder.only_file if self.call == "upload-file" else self.copy or self.folder.root

    def url(self, path):
        return f"{self.endpoint}/{self.repo}/resolve/main/{path}"


@dataclasses.dataclass
class Peer:
    """`command(task)` is the command line; `environment` is set on top of what every client gets."""
    name: str
    install: Callable[[], str]  # gives the version
    command: Callable[[Task], list]
    environment: dict = dataclasses.field(default_factory=dict)
    optional: bool = False  # the command passes without it


def run_quietly(*words, **more):
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        raise Missing(f"`{' '.join(map(str, words))[:80]}` failed: {done.stdout.strip()[-300:]}")
    return done.stdout


def apt(package):
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    try:
        run_quietly(*install)
    except Missing:  # perhaps for want of a list of packages
        run_quietly("apt-get", "update", "-qq")
        run_quietly(*install)


def install_package(program):
    if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
        apt(PACKAGES[program])
    flag = "-v" if program in ("nginx", "wrk") else "version" if program == "openssl" else "--version"
    shown = subprocess.run([shutil.which(program) or f"/usr/sbin/{program}", flag], capture_output=True, text=True)
    return re.search(r"\d+(\.\d+)+", shown.stdout + shown.stderr)[0]


def install_python(name, *packages):
    """A venv below build/peers for this client alone."""
    venv = ROOT / "build/peers/venv" / name
    if not (venv / "installed").exists():
        try:
            run_quietly(sys.executable, "-m", "venv", "--clear", venv)
        except Missing:  # Debian has it in a package of its own
            apt("python3-venv")
            run_quietly(sys.executable, "-m", "venv", "--clear", venv)
        run_quietly(venv / "bin/pip", "install", "-q", *packages)
        (venv / "installed").write_text("\n".join(packages))
    shown = run_quietly(venv / "bin/pip", "list", "--format=freeze").splitlines()
    return ", ".join(line for line in shown if line.split("==")[0].replace("-", "_") in ("huggingface_hub", "hf_transfer"))


def python_peer(name, *packages, **environment):
    def command(task):
        words = [ROOT / "build/peers/venv" / name / "bin/python", PYTHON_CLIENT, task.call, task.repo]
        return words + ([task.folder.only_file] if task.call == "file" else [task.source] if "upload" in task.call else [])

    # No server here offers Xet, so that hf_xet is never asked; switched off so that it is not even loaded.
    environment = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", **environment}
    return Peer(name, lambda: install_python(name, *packages), command, environment)


RUST = ROOT / "build/peers/cargo"


def install_rust():
    """The crate's own dependencies decide whether it builds on this machine."""
    if not shutil.which("cargo"):
        raise Missing("no cargo on this machine")
    manifest = RUST / "crate"
    if not (RUST / "release/hf-hub-client").exists():
        shutil.copytree(HERE / "clients/rust", manifest, dirs_exist_ok=True)
        run_quietly("cargo", "build", "--release", "--quiet", "--target-dir", RUST, cwd=manifest)
    lock = (manifest / "Cargo.lock").read_text()
    return "hf-hub " + lock.split('name = "hf-hub"\nversion = "')[1].split('"')[0]


def rust_command(task):
    return [RUST / "release/hf-hub-client", task.call, task.repo, *([task.folder.only_file] if task.call == "file" else [])]


def curl_command(task):
    common = ["curl", "-sS", "--fail", *(["--cacert", task.ca] if task.ca else [])]
    if task.call == "file":
        return [*common, "-o", task.out / task.folder.only_file, task.url(task.folder.only_file)]
    urls = task.out / "urls"
    urls.write_text("".join(f'url = "{task.url(path)}"\noutput = "{task.out / path}"\n' for path in task.folder.entries))
    return [*common, "--parallel", "--parallel-max", "8", "--create-dirs", "-K", urls]


def aria2c_command(task):
    return ["aria2c", "-q", "-x8", "-s8", "--file-allocation=falloc", *([f"--ca-certificate={task.ca}"] if task.ca else []),
            "-d", task.out, "-o", task.folder.only_file, task.url(task.folder.only_file)]


def wrk_command(task):
    return ["wrk", "-t1", "-c64", f"-d{max(1, round(task.seconds))}s", f"{task.endpoint}/api/models/{task.repo}"]


PEERS = {peer.name: peer for peer in (
    Peer("curl", lambda: install_package("curl"), curl_command),
    Peer("aria2c", lambda: install_package("aria2c"), aria2c_command),
    Peer("wrk", lambda: install_package("wrk"), wrk_command),
    python_peer("python-0.27.1", "huggingface_hub==0.27.1"),
    python_peer("python-0.27.1-hf_transfer", "huggingface_hub==0.27.1", "hf_transfer", HF_HUB_ENABLE_HF_TRANSFER="1"),
    python_peer("python-1.x", "huggingface_hub<2"),
    python_peer("python-latest", "huggingface_hub"),
    Peer("hf-hub-rust", install_rust, rust_command, optional=True),
)}


def our_command(task, build):
    if task.call == "rate":
        return [build / "bin/bench_transfer_calls", task.repo, task.in_flight, task.seconds]
    program = build / "bin/hfasync"
    words = {"file": lambda: ["download", "--quiet", task.repo, task.folder.only_file],
             "snapshot": lambda: ["download", "--quiet", task.repo],
             "upload-large-folder": lambda: ["upload-large-folder", "--no-report", "--no-bars", "--repo-type", "model",
                                             task.repo, task.source]}
    return [program, *words.get(task.call, lambda: ["upload", "--quiet", task.repo, task.source])()]
