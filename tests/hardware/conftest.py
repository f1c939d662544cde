"""Hardware tests. Those in model/ need the tools of .venv-hardware: `make hardware-test`."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "firmware"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

collect_ignore = [] if find_spec("build123d") else ["model"]
