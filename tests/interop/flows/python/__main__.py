"""The flows of ../flows.json by the reference client in Python, whichever version of it is installed: python tests/interop/flows/python

`play` (in the folder above) starts it with the environment that it needs. Flows stand in areas/*.py, one module for each area.
They do not stand beside this file: Python puts this folder first on its path, and a collections.py here would shadow its own.
"""
import os
import sys

if not os.environ.get("HF_ENDPOINT"):
    sys.exit("there is no HF_ENDPOINT: start this with tests/interop/flows/play")
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1",
                  HF_HUB_VERBOSITY="error")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # the embedded Hub has no Xet storage; flow.apart() may set it to "0"
os.environ.pop("HF_TOKEN", None)  # each call says whose token it sends
sys.dont_write_bytecode = True  # nothing is left beside the sources

import driver  # noqa: E402

sys.exit(driver.apart_main(sys.argv[2:]) if sys.argv[1:2] == ["--apart"] else driver.main())
