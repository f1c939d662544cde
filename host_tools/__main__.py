"""The way in: `heelcue`, and `python -m host_tools`.

Imports nothing at first, so that Ctrl-C in the quarter of a second in which the rest is imported
ends as it does later.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from host_tools import cli
    except KeyboardInterrupt:
        print("heelcue: interrupted", file=sys.stderr)
        sys.exit(130)  # cli.EXIT_INTERRUPTED, which is not there yet
    cli.main()


if __name__ == "__main__":
    main()
