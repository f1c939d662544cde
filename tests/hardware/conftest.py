"""Hardware tests. Those in model/ need the tools of .venv-hardware: `make hardware-test`."""

import sys
from pathlib import Path

# .venv-hardware knows nothing of the firmware
FIRMWARE = str(Path(__file__).resolve().parents[2] / "firmware")
if FIRMWARE not in sys.path:
    sys.path.insert(0, FIRMWARE)
