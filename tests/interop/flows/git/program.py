"""Runs the git program with nothing of the user's configuration, and counts what is checked."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

counted = 0


def check(condition, what):
    global counted
    if not condition:
        raise AssertionError(what)
    counted += 1


def same(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, not {wanted!r}")


@contextlib.contextmanager
def folder():
    made = pathlib.Path(tempfile.mkdtemp(prefix="hfasync-git-"))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def environment(more):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("GIT_") and not name.lower().endswith("_proxy")}
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.quotePath", "GIT_CONFIG_VALUE_0": "false",
            **more}


def run(where, *words, stdin=b"", **more):
    return subprocess.run(["git", *words], cwd=where, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment(more), timeout=120)


def git(where, *words, stdin=b"", **more):
    """Its output, as bytes."""
    done = run(where, *words, stdin=stdin, **more)
    if done.returncode != 0:
        raise AssertionError(f"git {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout


def line(where, *words, **more):
    return git(where, *words, **more).decode().rstrip("\n")


def fails(where, *words, **more):
    """What it says when it must not work."""
    done = run(where, *words, **more)
    check(done.returncode != 0, f"git {' '.join(words)} was not refused")
    return done.stderr.decode()


def asker(where, user, token):
    """A program that git asks for name and password; it notes the questions in asked.txt beside it."""
    program = where / "asker"
    program.write_text(f'#!/bin/sh\necho "$1" >>"{where}/asked.txt"\n'
                       f'case $1 in Username*) echo {user} ;; *) echo {token} ;; esac\n')
    program.chmod(0o755)
    return str(program)
