"""Runs command lines as nearly as this computer can as Windows would; see test_windows.

Our own code meets `sys.platform == "win32"`, and none of what Windows' Python lacks. The libraries,
which know Windows, have been imported before, and go on as on this system.

Standard input: a JSON list of command lines. Standard output: [[exit code, stdout, stderr], ...].
"""

import contextlib
import importlib
import io
import json
import os
import select
import signal
import sys

LIBRARIES = (
    "asyncio", "multiprocessing.popen_spawn_posix", "concurrent.futures.process", "subprocess",
    "click", "typer.main", "rich.live", "rich.progress", "rich.table", "rich.panel",
    "numpy.testing", "scipy.signal", "scipy.stats", "scipy.spatial.transform",
    "matplotlib.figure", "matplotlib.backends.backend_agg", "mpremote.transport_serial",
    "serial.tools.list_ports", "textual.app", "textual.widgets",
)  # fmt: skip
MODULES = ("curses", "fcntl", "grp", "pty", "pwd", "readline", "resource", "termios", "tty")
NAMES = {
    os: ("fork", "forkpty", "getpgid", "getuid", "killpg", "mkfifo", "openpty", "setsid",
         "sysconf", "ttyname", "uname"),
    signal: ("SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGWINCH"),
    select: ("poll",),
}  # fmt: skip


class Missing:
    """Finds no POSIX module, like Windows."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse what Windows lacks; all else is for the next finder."""
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def take_away() -> None:
    """Take from this process what Windows' Python lacks."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Missing())
    for module, names in NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Run one command line of `heelcue`."""
    from host_tools import cli

    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = cli.run(arguments)
    return code, said.getvalue(), complained.getvalue()


if __name__ == "__main__":
    lines = json.load(sys.stdin)
    take_away()
    print(json.dumps([run(line) for line in lines]))
