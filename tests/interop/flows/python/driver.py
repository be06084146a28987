"""Plays the flows, one after the other."""
import faulthandler
import importlib
import json
import os
import pathlib
import re
import sys
import time
import traceback
import warnings

import flow

sys.path.append(str(flow.HERE.parent))
import flows as listed  # noqa: E402


def load():
    for path in sorted((flow.HERE / "areas").glob("*.py")):
        importlib.import_module(f"areas.{path.stem}")


def play(name):
    """Its line for HFASYNC_FLOW_RESULTS."""
    faulthandler.dump_traceback_later(flow.flows[name].seconds, exit=True)  # prints all stacks, and ends the driver
    try:
        with flow.playing(name):
            flow.flows[name]()
    except Exception as error:
        traceback.print_exc()
        return {"flow": name, "passed": False, "error": f"{type(error).__name__}: {error}"[:500]}
    finally:
        faulthandler.cancel_dump_traceback_later()
    return {"flow": name, "passed": True, "checks": flow.checks}


def main():
    warnings.simplefilter("ignore")  # of calls that one of the versions is about to give up
    load()
    clients, every = listed.read()
    client = listed.client_named(clients, flow.CLIENT)
    wanted = [f.name for f in every if f.is_for(client) and re.search(os.environ.get("HFASYNC_FLOWS_ONLY", ""), f.name)]
    results, failed = os.environ.get("HFASYNC_FLOW_RESULTS", os.devnull), 0
    for name in [name for name in wanted if name in flow.flows]:  # `play` finds out which are missing
        started = time.monotonic()
        line = play(name)
        with open(results, "a") as file:
            file.write(json.dumps(line) + "\n")
        failed += not line["passed"]
        how = f"{line['checks']} checks" if line["passed"] else f"FAILED: {line['error']}"
        print(f"{name}: {how}, {time.monotonic() - started:.1f} s", flush=True)
    return 1 if failed else 0


def apart_main(words):
    """The other side of flow.apart()."""
    warnings.simplefilter("ignore")
    module, function, arguments, name, folder = words
    with flow.playing(name, folder):
        result = getattr(importlib.import_module(module), function)(*json.loads(arguments))
        (pathlib.Path(folder) / "apart.json").write_text(json.dumps({"result": result, "checks": flow.checks}))
    return 0
