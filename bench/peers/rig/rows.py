"""The rows: what is moved, from where, by whom, and what the ratios ought to be (ours / theirs)."""
import dataclasses

from .fixtures import MIB, Fixture

GIB = 1 << 30
LIMIT = 20_000_000  # bytes a second of each connection of the limited server
RSS_GOAL = 48  # MiB, of every row that names no other

BIG = Fixture("big", 1, GIB)
HUGE = Fixture("huge", 1, 4 * GIB)
SMALL = Fixture("small", 2000, 4 << 10, scales="count")
MEDIUM = Fixture("medium", 200, 4 * MIB, scales="count")
PARTS = Fixture("parts", 20, 100 * MIB)

PYTHON = ("python-0.27.1", "python-1.x", "python-latest")


@dataclasses.dataclass(frozen=True)
class Goal:
    """Upper limits of the ratios ours / theirs; of `rate` the lower limit."""
    wall: float | None = None
    cpu: float | None = None
    rate: float | None = None

    def texts(self):
        limits = (("wall", "<=", self.wall), ("CPU", "<=", self.cpu), ("rate", ">=", self.rate))
        return [f"{label} {sign} {value:.2f}" for label, sign, value in limits if value is not None]

    def missed(self, ratios):
        """The names of what is over its limit, by the median."""
        over = [name for name in ("wall", "cpu") if getattr(self, name) and ratios[name]["median"] > getattr(self, name)]
        return over + (["rate"] if self.rate and ratios["rate"]["median"] < self.rate else [])


REPORTED = Goal()  # a ratio without a goal


@dataclasses.dataclass(frozen=True)
class Row:
    """`server`: a port of nginx (plain, tls, limited, counted), or hub, hub-tls (an embedded Hub of its own for each run),
    hub-sink (an embedded Hub over TLS whose LFS objects are PUT to nginx)."""
    name: str
    title: str
    fixture: Fixture
    call: str
    server: str
    against: dict
    warm: bool = False  # measured on a second call, with the first one's cache
    requests: int | None = None  # that our call may send
    in_flight: int = 64  # of a rate
    rss: float = RSS_GOAL

    def goal_text(self, peer):
        more = [f"RSS <= {self.rss} MiB"] if self.rss != RSS_GOAL else []
        more += [f"requests <= {self.requests}"] if self.requests is not None else []
        return ", ".join([*self.against[peer].texts(), *more]) or "-"


def same(names, **goal):
    return {name: Goal(**goal) for name in names}


ROWS = (
    Row("file-plain", "{size}, plain", BIG, "file", "plain", {
        "curl": Goal(wall=0.70, cpu=1.1), "aria2c": REPORTED, "python-0.27.1": Goal(wall=0.60),
        "python-0.27.1-hf_transfer": REPORTED, **same(("python-1.x", "python-latest"), wall=0.25), "hf-hub-rust": REPORTED}),
    Row("file-tls", "{size}, TLS", BIG, "file", "tls", {
        "curl": Goal(wall=1.0), "aria2c": REPORTED, "python-0.27.1": REPORTED, "python-0.27.1-hf_transfer": REPORTED,
        "python-1.x": REPORTED, "python-latest": REPORTED}),
    Row("file-limited", "{size}, 20 MB/s a connection", BIG, "file", "limited", {
        "aria2c": Goal(wall=1.0), "curl": Goal(wall=0.15)}),
    Row("snapshot-small", "{size} cold", SMALL, "snapshot", "plain", {
        "curl": Goal(wall=0.40), "python-0.27.1": Goal(wall=0.12), "python-1.x": REPORTED, "python-latest": REPORTED,
        "hf-hub-rust": REPORTED}),
    Row("snapshot-small-warm", "{size} warm", SMALL, "snapshot", "counted", {
        "python-0.27.1": Goal(wall=0.02), "python-1.x": REPORTED, "python-latest": REPORTED}, warm=True, requests=1),
    Row("snapshot-medium", "{size} cold", MEDIUM, "snapshot", "plain", {
        "curl": Goal(wall=0.75), "python-0.27.1": REPORTED, "python-1.x": REPORTED, "python-latest": REPORTED,
        "hf-hub-rust": REPORTED}),
    Row("snapshot-medium-warm", "{size} warm", MEDIUM, "snapshot", "counted", same(PYTHON), warm=True, requests=1),
    Row("model-info", "model_info, 64 in flight", BIG, "rate", "plain", {"wrk": Goal(rate=0.6)}),
    Row("model-info-10000", "model_info, 10,000 in flight", BIG, "rate", "plain", {"nobody": REPORTED}, in_flight=10_000, rss=300),
    Row("upload-small", "upload_folder, {size}", SMALL, "upload-folder", "hub", {
        "python-0.27.1": Goal(wall=0.10), "python-1.x": REPORTED, "python-latest": REPORTED}),
    Row("upload-large-folder-small", "upload_large_folder, {size}", SMALL, "upload-large-folder", "hub", {
        "python-0.27.1": Goal(wall=0.10), "python-1.x": REPORTED, "python-latest": REPORTED}),
    Row("upload-parts", "upload_folder, {size}", PARTS, "upload-folder", "hub", {
        "python-0.27.1": Goal(wall=0.60), "python-0.27.1-hf_transfer": REPORTED, "python-1.x": REPORTED, "python-latest": REPORTED}),
    Row("upload-file-tls", "upload {size} LFS, TLS", BIG, "upload-file", "hub-sink", {
        "python-0.27.1": Goal(wall=0.50), "python-0.27.1-hf_transfer": REPORTED, "python-1.x": REPORTED, "python-latest": REPORTED}),
    Row("file-plain-4g", "{size}, plain", HUGE, "file", "plain", {
        "curl": REPORTED, "python-0.27.1": REPORTED, "python-latest": REPORTED}),
    Row("file-tls-4g", "{size}, TLS", HUGE, "file", "tls", {"curl": REPORTED, "python-0.27.1": REPORTED}),
)
