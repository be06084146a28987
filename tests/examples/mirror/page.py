#!/usr/bin/env python3
"""The status page in headless Chromium: it shows progress as it happens, shows foreign text as text, and runs nothing else.

    page.py HFASYNC HFASYNC_MIRROR SCREENSHOT.png

Talks the browser's debugging protocol through a pipe: JSON messages that end with a NUL.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOS, FILES = 4, 20
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PATIENCE = 60


class Browser:
    """One tab of a Chromium of its own."""

    def __init__(self, folder):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            sys.exit("chromium is missing (scripts/setup --services installs it)")
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def descriptors():
            # Out of the way first: any of the two may be 3 or 4 itself.
            commands, answers = os.dup2(to_browser, 100), os.dup2(from_browser, 101)
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        words = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={folder}",
                 "--window-size=1100,1000", "about:blank"]
        self.process = subprocess.Popen(words, preexec_fn=descriptors, close_fds=False, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.buffer:
            if not select.select([self.read_end], [], [], PATIENCE)[0]:
                sys.exit("the browser does not answer")
            some = os.read(self.read_end, 1 << 16)
            if not some:
                sys.exit("the browser has ended")
            self.buffer += some
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            sys.exit(f"it never came: {what}")
        time.sleep(0.02)


def start_hub(hfasync, folder):
    for repo in range(REPOS):
        place = folder / "seed" / "acme" / f"model-{repo}"
        place.mkdir(parents=True)
        for file in range(FILES):
            (place / f"part-{file:02}.bin").write_bytes(os.urandom(50_000))
    hub = subprocess.Popen([hfasync, "emulator", "--control", "--seed", folder / "seed"], stdout=subprocess.PIPE, text=True)
    ready = json.loads(hub.stdout.readline())
    faults = [
        {"method": "GET", "path": "/acme/*/resolve/*", "times": -1, "action": "delay", "delay_ms": 100},
        {"method": "GET", "path": "/api/models/acme/evil*", "times": -1, "action": "status", "status": 403,
         "headers": {"X-Error-Message": EVIL}},
    ]
    for fault in faults:
        request = urllib.request.Request(ready["endpoint"] + "/__emulator/faults", json.dumps(fault).encode())
        urllib.request.urlopen(request, timeout=PATIENCE).read()
    return hub, ready


def start_mirror(program, folder, hub):
    (folder / "mirror.yaml").write_text(
        f"source: {{endpoint: '{hub['endpoint']}', token_env: TOKEN}}\ntarget: {{folder: out}}\nlist: {{sqlite: list.db}}\n"
        "repos: [{model: 'acme/model-*'}, {model: acme/evil}]\ntransfers: 4\nfiles_at_once: 2\n"
        "http: {listen: '127.0.0.1:0'}\n")
    mirror = subprocess.Popen([program, "run", "--config", folder / "mirror.yaml"], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "TOKEN": hub["token"]})
    for line in mirror.stdout:
        if line.startswith("status page at "):
            return mirror, line.split()[-1]
    sys.exit("the mirror does not start")


def look_at(browser, page, screenshot):
    browser.call("Page.navigate", url=page)
    until("the first event", lambda: browser.value("!!document.getElementById('files')"))
    browser.value("window.same_document = true")
    # Of the first bar, and of the tile: both have to be seen at two values at least, with no reload in between.
    bars, tiles = set(), set()

    def moves():
        bars.add(browser.value("document.querySelector('progress') ? document.querySelector('progress').value : null"))
        tiles.add(int(browser.value("document.getElementById('files').textContent")))
        return len(bars - {None}) >= 2 and len(tiles) >= 3
    until("progress", moves)
    assert browser.value("window.same_document") is True, "the page was loaded again"
    picture = base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])
    assert picture.startswith(b"\x89PNG") and len(picture) > 5_000, len(picture)
    screenshot.write_bytes(picture)
    until("the end", lambda: browser.value("document.getElementById('done').textContent") == str(REPOS))
    assert browser.value("document.getElementById('link').textContent") == "live"
    return bars - {None}, tiles


def check_text(browser, page):
    shown = browser.value("document.getElementById('problems').textContent")
    assert EVIL in shown, shown
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert browser.value("document.querySelectorAll('script').length") == 1
    assert browser.value("document.title") == "hfasync mirror"
    # The policy of the page holds against what would get into it all the same.
    browser.value("document.body.insertAdjacentHTML('beforeend', '<img src=/healthz onerror=\"document.title=1\">')")
    until("the policy's complaint", lambda: any("Content Security Policy" in json.dumps(e) for e in browser.events)
          or browser.value("1") is None)
    assert browser.value("document.title") == "hfasync mirror"
    urls = {e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"}
    assert all(url.startswith(page) for url in urls), urls
    thrown = [e for e in browser.events if e.get("method") == "Runtime.exceptionThrown"]
    assert not thrown, thrown


def main():
    hfasync, mirror_program, screenshot = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hfasync-page-"))
    children, browser = [], None
    try:
        browser = Browser(folder / "browser")
        hub, ready = start_hub(hfasync, folder)
        children.append(hub)
        mirror, page = start_mirror(mirror_program, folder, ready)
        children.append(mirror)
        bars, tiles = look_at(browser, page, screenshot)
        check_text(browser, page)
        mirror.send_signal(signal.SIGTERM)
        assert mirror.wait(PATIENCE) == 0
        until("the loss of the connection",
              lambda: browser.value("document.getElementById('link').textContent") == "no connection")
    finally:
        if browser:
            browser.close()
        for child in children:
            child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"the bar was seen at {len(bars)} values, the files at {sorted(tiles)}; screenshot: {screenshot}")


if __name__ == "__main__":
    main()
