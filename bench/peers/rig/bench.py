"""Plays a row: gives each run a fresh place, checks what it left behind, and takes the place away again."""
import contextlib, hashlib, itertools, json, os, pathlib, re, shutil, time

from . import fixtures, measure, peers, servers
from .measure import RunFailed

OURS = "hfasync"


class Bench:
    """All that the rows share: folders, nginx, the program, the trial's scale."""

    def __init__(self, work, data, build, scale, wrap=()):
        self.work, self.data, self.scale, self.wrap = work, data, scale, list(wrap)
        # A copy, so that a build that goes on meanwhile does not change what is measured.
        self.build = work / "build"
        shutil.copytree(build / "bin", self.build / "bin", ignore=lambda _, names: set(names) - {"hfasync", "bench_transfer_calls"})
        self.numbers = itertools.count()
        self.folders, self.nginx = {}, None

    def start(self, rows, limit):
        scaled = {row.fixture: row.fixture.scaled(self.scale) for row in rows}
        self.folders = {fixture: fixtures.make(small, self.data) for fixture, small in scaled.items()}
        self.nginx = servers.Nginx(self.work / "nginx", self.folders.values(), limit)

    def stop(self):
        if self.nginx:
            self.nginx.stop()
        shutil.rmtree(self.work / "nginx", ignore_errors=True)
        shutil.rmtree(self.build)
        if not any(self.work.iterdir()):
            self.work.rmdir()

    @contextlib.contextmanager
    def place(self):
        """A folder of its own on the disk that is measured. One with many files stays until --clean (see quick_folder)."""
        path = quick_folder(self.work, self.numbers)
        try:
            yield path
        finally:
            if sum(len(names) for _, _, names in os.walk(path)) < 1000:
                shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def server(self, row, place):
        """Endpoint, token, CA and, for uploads, the Hub that a run talks to; the same for both sides of a pair."""
        if not row.server.startswith("hub"):
            yield self.nginx.endpoint(row.server), self.nginx.token, self.nginx.ca if row.server == "tls" else None, None
            return
        sink = ["--tls", "--storage-url", self.nginx.endpoint("sink")] if row.server == "hub-sink" else []
        hub = servers.EmbeddedHub(self.build / "bin/hfasync", place / "hub", *sink)
        try:
            ca = place / "ca.pem" if hub.ca else None
            if ca:
                ca.write_text(pathlib.Path(hub.ca).read_text() + self.nginx.ca.read_text())
            yield hub.url, hub.token, ca, hub
        finally:
            hub.stop()
            self.nginx.empty_sink()

    def once(self, row, who, home=None):
        """One run of one client from nothing (or with `home`, the cache of a former one), checked."""
        folder = self.folders[row.fixture]
        folder.warm()
        with self.place() as place, self.server(row, place) as (endpoint, token, ca, hub):
            for name in ("home", "out", "scratch"):
                (place / name).mkdir(exist_ok=True)
            task = peers.Task(row.call, folder.fixture.repo, endpoint, token, ca, home or place / "home", place / "out", folder,
                              seconds=3 * min(1.0, self.scale * 10), in_flight=row.in_flight)
            if row.call == "upload-large-folder":  # keeps its state in the folder
                task.copy = linked_copy(folder, place / "source")
            os.sync()  # what a former run still has to write must not be this one's burden
            run = measure.run(self.command(task, who), self.environment(task, who), place / "scratch")
            check(row, task, run, hub, self.nginx)
            return run

    def command(self, task, who):
        if who == OURS:
            return [*self.wrap, *peers.our_command(task, self.build)]
        return peers.PEERS[who].command(task)

    def environment(self, task, who):
        own = {"HF_ENDPOINT": task.endpoint, "HF_TOKEN": task.token, "HF_HOME": str(task.home),
               "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        if task.ca:
            own |= {name: str(task.ca) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")}
        return measure.environment(**own, **(peers.PEERS[who].environment if who in peers.PEERS else {}))

    def pairs(self, row, peer, rounds):
        """The runs of both sides in turn; a warm row has a cache on each side that a first call filled."""
        with contextlib.ExitStack() as stack:
            def side(who):
                home = stack.enter_context(self.place()) / "home" if row.warm else None
                return lambda: self.once(row, who, home)
            return measure.in_turn(rounds, side(OURS), None if peer == "nobody" else side(peer))

    def count_requests(self, row):
        """What our warm call asks for, by nginx's log."""
        with self.place() as place:
            self.once(row, OURS, place / "home")
            self.nginx.take_requests()
            self.once(row, OURS, place / "home")
            return self.nginx.take_requests()


def quick_folder(work, numbers):
    """A new folder where files are made quickly. ext4 without a journal leaves an inode alone for minutes after its file was deleted,
    and looks past each of them nearby for every file that it makes: 1 ms a file where it ought to be 25 us, on whichever side
    comes second. Hence nothing that has many files is deleted between runs, and where others did, another place is tried."""
    for _ in range(10):
        path = work / f"run-{next(numbers)}"
        probes = path / "home/hub/probes"
        probes.mkdir(parents=True)
        start = time.monotonic()
        for i in range(100):
            (probes / str(i)).touch()
        if time.monotonic() - start < 0.010:
            break
    return path


def linked_copy(folder, root):
    """The same files under other names: in the page cache as before."""
    for path in folder.entries:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(folder.root / path, root / path)
    return root


def check(row, task, run, hub, nginx):
    """Raises RunFailed unless every byte is where it should be."""
    if row.call == "rate":
        run.rate = rate(run.output)
    elif hub:
        check_upload(task, hub, nginx if row.server == "hub-sink" else None)
    else:
        root = place_of(task, run)
        for path, entry in task.folder.entries.items():
            file = root / path
            if not file.is_file() or fixtures.sha256_of(file) != entry.sha256:
                raise RunFailed(f"{path} is {'wrong' if file.is_file() else 'missing'} below {root}")


def place_of(task, run):
    """The folder below which a download put the files: the client says it, or it was told it."""
    said = pathlib.Path(run.output.strip().splitlines()[-1]) if run.output.strip() else None
    if said is None:
        return task.out
    return pathlib.Path(str(said)[:-len(task.folder.only_file)]) if task.call == "file" else said


def rate(output):
    """Requests a second, of wrk's report or of our driver's JSON."""
    if output.startswith("{"):
        told = json.loads(output)
        return told["requests"] / told["seconds"]
    if "Non-2xx" in output or "Socket errors" in output:
        raise RunFailed(output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def check_upload(task, hub, sink):
    """The oids on the Hub are those of the files. A Hub that takes a sink's objects on trust has not hashed them: we do."""
    want = {path: entry.etag for path, entry in task.folder.entries.items()}
    have = {path: oid for path, oid in hub.tree(task.repo).items() if path in want or path != ".gitattributes"}
    if have != want:
        wrong = sorted(path for path in want.keys() | have.keys() if have.get(path) != want.get(path))
        raise RunFailed(f"{len(wrong)} files differ on the Hub, the first is {wrong[0]}")
    if sink:
        hasher = hashlib.sha256()
        for part in sink.stored():
            fixtures.hash_file(part, hasher)
        if hasher.hexdigest() != task.folder.entries[task.folder.only_file].sha256:
            raise RunFailed("the sink has other bytes than the file")
