"""What the clients talk to, on loopback: nginx as a Hub made of static files, and the embedded Hub."""
import json, pathlib, shutil, signal, socket, subprocess, time

from .measure import RunFailed

COMMIT = "5eed" * 10  # of every repo that nginx serves
TOKEN = "hf_bench"


def sh(*words):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(port, process):
    for _ in range(500):
        if process.poll() is not None:
            raise RunFailed("a server ended before it listened")
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
    raise RunFailed("a server did not listen within 5 s")


def stop(process, how=signal.SIGTERM):
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


CONF = """
daemon off; pid {work}/nginx.pid; error_log {work}/error.log; worker_processes 1; {user}
events {{ worker_connections 2048; }}
http {{
 access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 300;
 client_body_temp_path {work}/tmp; proxy_temp_path {work}/tmp; fastcgi_temp_path {work}/tmp; uwsgi_temp_path {work}/tmp;
 scgi_temp_path {work}/tmp; client_max_body_size 0; default_type application/octet-stream;
 ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem; log_format request '$request';
 map_hash_max_size 65536; map_hash_bucket_size 256;
 map $uri $hub_hash {{ include {work}/hashes; }}
 map $uri $hub_size {{ include {work}/sizes; }}
 map $hub_hash $hub_etag {{ '' ''; default '"$hub_hash"'; }}
 server {{ listen 127.0.0.1:{plain}; include {work}/hub.conf; }}
 server {{ listen 127.0.0.1:{tls} ssl; include {work}/hub.conf; }}
 server {{ listen 127.0.0.1:{limited}; limit_rate {limit}; include {work}/hub.conf; }}
 server {{ listen 127.0.0.1:{counted}; access_log {work}/requests request; include {work}/hub.conf; }}
 server {{ listen 127.0.0.1:{sink} ssl; root {work}/sink; dav_methods PUT; create_full_put_path on; add_header ETag '"stored"' always; }}
}}
"""

# Answers as the Hub does for files whose bytes it serves itself; no Xet. A trailing "/" of a tree's URL is the root's.
HUB = """
location ~ ^/[^/]+/[^/]+/resolve/ {{
 rewrite ^/([^/]+/[^/]+)/resolve/[^/]+/(.+)$ /$1/$2 break; root {work}/files;
 add_header ETag $hub_etag; add_header X-Linked-Etag $hub_etag; add_header X-Linked-Size $hub_size; add_header X-Repo-Commit {commit};
}}
location /api/ {{
 rewrite ^(.*)/$ $1; rewrite ^(.*)$ $1.json break; root {work}; default_type application/json; types {{ }} etag off;
 add_header X-Repo-Commit {commit};
}}
"""


class Nginx:
    """One worker that serves the folders as repos: plain, over TLS, behind a limit of each connection, with its requests counted;
    and a sink over TLS that keeps what is PUT."""
    name = "nginx"
    token = TOKEN

    def __init__(self, work, folders, limit):
        self.work = work
        for name in ("tmp", "files", "sink"):
            (work / name).mkdir(parents=True, exist_ok=True)
        names = ("plain", "tls", "limited", "counted", "sink")
        self.ports = dict(zip(names, free_ports(len(names))))
        self.ca = work / "cert.pem"
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
           "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext",
           "keyUsage=digitalSignature,keyCertSign", "-keyout", work / "key.pem", "-out", self.ca)
        self.write_hub(folders)
        user = "user root;" if pathlib.Path("/proc/self").owner() == "root" else ""
        conf = work / "nginx.conf"
        conf.write_text(CONF.format(work=work, limit=limit, user=user, **self.ports))
        (work / "hub.conf").write_text(HUB.format(work=work, commit=COMMIT))
        self.process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-e", work / "error.log", "-c", conf])
        wait_for(self.ports["plain"], self.process)

    def write_hub(self, folders):
        hashes, sizes = [], []
        for folder in folders:
            repo = folder.fixture.repo
            place = self.work / "files" / repo
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(folder.root)
            hashes += [f'"/{repo}/{path}" "{e.etag}";\n' for path, e in folder.entries.items()]
            sizes += [f'"/{repo}/{path}" "{e.size}";\n' for path, e in folder.entries.items()]
            self.write_api(f"models/{repo}", model_info(folder), "", "/revision/main", f"/revision/{COMMIT}")
            self.write_api(f"models/{repo}", tree(folder), "/tree/main", f"/tree/{COMMIT}")
        (self.work / "hashes").write_text("".join(hashes))
        (self.work / "sizes").write_text("".join(sizes))

    def write_api(self, below, answer, *paths):
        for path in paths:
            file = self.work / "api" / f"{below}{path}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(answer, separators=(",", ":")))

    def endpoint(self, port):
        return f"{'https' if port in ('tls', 'sink') else 'http'}://127.0.0.1:{self.ports[port]}"

    def take_requests(self):
        """The requests that the counted port had since it was last asked."""
        log = self.work / "requests"
        lines = log.read_text().splitlines() if log.exists() else []
        with open(log, "r+b") as file:
            file.truncate(0)
        return lines

    def stored(self):
        """The files that were PUT, in the order of their parts' numbers."""
        files = [path for path in (self.work / "sink").rglob("*") if path.is_file()]
        return sorted(files, key=lambda path: (len(path.name), path.name))

    def empty_sink(self):
        shutil.rmtree(self.work / "sink")
        (self.work / "sink").mkdir()

    def stop(self):
        stop(self.process, signal.SIGQUIT)


def model_info(folder):
    return {"_id": "0" * 24, "id": folder.fixture.repo, "modelId": folder.fixture.repo, "author": "acme", "sha": COMMIT,
            "private": False, "gated": False, "disabled": False, "downloads": 12, "likes": 3, "tags": ["region:us"],
            "lastModified": "2024-06-01T00:00:00.000Z", "createdAt": "2024-03-01T12:34:56.000Z", "usedStorage": 0,
            "siblings": [{"rfilename": path} for path in folder.entries]}


def tree(folder):
    folders = sorted({str(pathlib.PurePath(path).parent) for path in folder.entries} - {"."})
    rows = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in folders]
    for path, e in folder.entries.items():
        rows.append({"type": "file", "oid": e.blob_id, "size": e.size, "path": path})
        if e.is_lfs:
            rows[-1]["lfs"] = {"oid": e.sha256, "size": e.size, "pointerSize": 134}
    return rows


class EmbeddedHub:
    """`hfasync emulator` with an empty store of its own."""
    name = "embedded Hub"

    def __init__(self, program, data, *options):
        self.process = subprocess.Popen([program, "emulator", "--data", data, *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RunFailed("the embedded Hub did not start")
        ready = json.loads(line)
        self.url, self.token, self.ca = ready["endpoint"], ready["token"], ready.get("ca_file")

    def tree(self, repo):
        """What the repo holds: the oid that the Hub has for each path."""
        url, found = f"{self.url}/api/models/{repo}/tree/main?recursive=true", {}
        while url:
            words = ["curl", "-sS", "--fail", "-D", "-", "-H", f"Authorization: Bearer {self.token}", url]
            head, _, body = sh(*words, *(["--cacert", self.ca] if self.ca else [])).partition("\n\n")
            for entry in json.loads(body):
                if entry["type"] == "file":
                    found[entry["path"]] = entry.get("lfs", {}).get("oid") or entry["oid"]
            links = [line for line in head.splitlines() if line.lower().startswith("link:")]
            url = links[0].partition("<")[2].partition(">")[0] if links else None
        return found

    def stop(self):
        stop(self.process)
        self.process.stdout.close()
