"""The files that are moved: made once from a seed, kept below build/peers/data with their hashes."""
import dataclasses, hashlib, json, pathlib, random

MIB = 1 << 20
LFS_FROM = 1 * MIB  # what a Hub would keep as an LFS object


@dataclasses.dataclass(frozen=True)
class Fixture:
    """`count` files of `size` bytes; a trial at a smaller scale has fewer of them or, with `scales="size"`, smaller ones."""
    name: str
    count: int
    size: int
    scales: str = "size"

    def scaled(self, scale):
        if self.scales == "count":
            return dataclasses.replace(self, count=max(8, int(self.count * scale)))
        return dataclasses.replace(self, size=max(LFS_FROM, int(self.size * scale)))

    @property
    def repo(self):
        return f"acme/{self.name}"

    @property
    def label(self):
        return (f"{self.count:,} x " if self.count > 1 else "") + size_label(self.size)


def size_label(size):
    for unit, name in ((1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} B"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file with the hashes that a Hub tells: sha256 of an LFS object, git's blob id of a regular file."""
    size: int
    sha256: str
    blob_id: str

    @property
    def is_lfs(self):
        return self.size >= LFS_FROM

    @property
    def etag(self):
        return self.sha256 if self.is_lfs else self.blob_id


class Folder:
    """A fixture on disk: `root` and the entries of its files by path."""

    def __init__(self, fixture, root, entries):
        self.fixture, self.root, self.entries = fixture, root, entries

    @property
    def only_file(self):
        (path,) = self.entries
        return path

    def warm(self):
        """Reads all of it, so that every run finds it in the page cache."""
        for path in self.entries:
            hash_file(self.root / path)


def hash_file(path, *hashers):
    with open(path, "rb", buffering=0) as file:
        while block := file.read(4 * MIB):
            for hasher in hashers:
                hasher.update(block)


def entry_of(path):
    size = path.stat().st_size
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size)
    hash_file(path, sha256, git)
    return Entry(size, sha256.hexdigest(), git.hexdigest())


def sha256_of(path):
    hasher = hashlib.sha256()
    hash_file(path, hasher)
    return hasher.hexdigest()


def write_file(path, size, generator):
    """Bytes that do not compress; text where a Hub's rules would make an LFS file of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as out:
        if path.suffix == ".txt":
            out.write(generator.randbytes(size // 2 + 1).hex().encode()[:size])
        else:
            for at in range(0, size, MIB):
                out.write(generator.randbytes(min(MIB, size - at)))


def make(fixture, data):
    """Makes the folder, or takes the one that is there."""
    root = data / f"{fixture.name}-{fixture.count}x{fixture.size}"
    manifest = pathlib.Path(f"{root}.json")
    if manifest.exists():
        entries = {path: Entry(**fields) for path, fields in json.loads(manifest.read_text()).items()}
        if all((root / path).is_file() and (root / path).stat().st_size == e.size for path, e in entries.items()):
            return Folder(fixture, root, entries)
    generator = random.Random(f"{fixture.name}/{fixture.size}")
    suffix = ".bin" if fixture.size >= LFS_FROM else ".txt"
    names = [f"part-{i // 100:02}/file-{i:05}{suffix}" for i in range(fixture.count)] if fixture.count > 1 else ["model" + suffix]
    for name in names:
        write_file(root / name, fixture.size, generator)
    entries = {name: entry_of(root / name) for name in names}
    manifest.write_text(json.dumps({name: dataclasses.asdict(e) for name, e in entries.items()}))
    return Folder(fixture, root, entries)
