"""One measured run of a command, and what pairs of runs come to."""
import dataclasses, mmap, os, pathlib, re, statistics, subprocess, sys

CHILD = pathlib.Path(__file__).with_name("child.py")
LIMIT_SECONDS = 900
WARM_BYTES = 3 << 30


class RunFailed(Exception):
    """A run that ended badly or left something wrong behind."""


@dataclasses.dataclass
class Run:
    """What one run cost, and what it printed."""
    wall: float  # seconds
    cpu: float  # seconds, user and system
    rss: float  # MiB at the peak
    output: str
    rate: float | None = None  # requests a second, of the rows that count these


def run(command, environment, scratch):
    """Runs to the end; `environment` is all that the command sees of one."""
    warm_memory()
    result, out, err = scratch / "result", scratch / "stdout", scratch / "stderr"
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        subprocess.run([sys.executable, "-I", "-S", CHILD, result, str(LIMIT_SECONDS), *map(str, command)], check=True,
                       env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=scratch)
    code, wall, user, system, rss = result.read_text().split()
    if code != "0":
        raise RunFailed(f"{' '.join(map(str, command))[:200]} ended with {code}: {tail(err) or tail(out)}")
    return Run(wall=float(wall), cpu=float(user) + float(system), rss=int(rss) / 1024, output=out.read_text())


def warm_memory():
    """Touches the memory that a run will get for its files. A host takes from a virtual machine what that has left alone for a while, and
    gives it back page by page at the first write: a gibibyte then costs a second more, on whichever side meets it."""
    available = int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) * 1024
    size = min(WARM_BYTES, available // 3)
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def tail(path):
    return path.read_text(errors="replace").strip()[-600:]


def environment(**more):
    """A clean environment: nothing of the caller's may change what a client does."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": "/nonexistent", "NO_PROXY": "*", "no_proxy": "*", **more}


@dataclasses.dataclass
class Spread:
    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values):
        values = sorted(values)
        return cls(values[0], statistics.median(values), values[-1])


def in_turn(rounds, ours, theirs):
    """Ours, theirs, ours, theirs ... after a warm-up of each that does not count."""
    theirs = theirs or (lambda: None)
    ours(), theirs()
    return [(ours(), theirs()) for _ in range(rounds)]


def summary(pairs):
    """Medians of both sides (of RSS the most), and the ratios of the pairs as least, median, most."""
    fields = ["wall", "cpu", "rss"] + (["rate"] if pairs[0][0].rate else [])
    ours, theirs = zip(*pairs)
    alone = theirs[0] is None
    return {"ours": side(ours, fields), "theirs": None if alone else side(theirs, fields),
            "ratio": None if alone else {name: dataclasses.asdict(ratios(pairs, name)) for name in fields},
            "runs": [{name: [run and getattr(run, name) for run in pair] for name in fields} for pair in pairs]}


def side(runs, fields):
    medians = {name: statistics.median(getattr(run, name) for run in runs) for name in fields}
    return {**medians, "rss": max(run.rss for run in runs)}


def ratios(pairs, name):
    return Spread.of([getattr(a, name) / max(getattr(b, name), 1e-9) for a, b in pairs])
