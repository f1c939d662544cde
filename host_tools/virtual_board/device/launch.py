"""First file that MicroPython runs: launch.py CONFIG."""

import sys

sys.path[0] = __file__.rsplit("/", 2)[0]  # the package `device`, not what is in it
from device import boot  # noqa: E402

boot.main(sys.argv[1])
