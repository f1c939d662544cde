"""The `heelcue` command: a table of commands, each imported only when it is called."""

from __future__ import annotations

import codecs
import importlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

import click
import typer
from typer.core import TyperGroup

from host_tools.errors import TRACEBACK_VARIABLE, HeelcueError, Program, bug_sentence
from host_tools.terminal import plainly

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells expect
EXIT_UNREAD = 141  # 128 + SIGPIPE


class Entry(NamedTuple):
    """One command: where it is (`module:name`, a function or a Typer app), and its line of help."""

    target: str
    help: str


# One line a command; `heelcue --help` lists them in this order without importing any of them.
PANELS: dict[str, dict[str, Entry]] = {
    "Your device, on its cable": {
        "devices": Entry(
            "host_tools.device.devices_command:devices", "List the boards that are plugged in."
        ),
        "doctor": Entry(
            "host_tools.device.devices_command:doctor",
            "Find out what is wrong with a board, and what to do.",
        ),
        "flash": Entry("host_tools.device.flash_command:flash", "Put the firmware onto a board."),
        "settings": Entry(
            "host_tools.device.settings_command:app", "Show, change, back up and restore settings."
        ),
        "monitor": Entry(
            "host_tools.device.monitor_command:monitor", "Watch a walk as it happens."
        ),
        "record": Entry(
            "host_tools.device.record_command:record", "Record the raw motion of a walk."
        ),
        "report": Entry(
            "host_tools.device.report_command:report", "See the walks that the board has logged."
        ),
        "tune": Entry(
            "host_tools.device.tune_command:tune",
            "Fit the thresholds to your walks; with --live the buzz to your taste.",
        ),
    },
    "Without a device": {
        "run": Entry(
            "host_tools.run_command:run",
            "Watch the firmware walk on a virtual board.",
        ),
        "demo": Entry(
            "host_tools.device.demo_command:demo", "Watch a device's life on a virtual board."
        ),
        "board": Entry(
            "host_tools.virtual_board.command:serve",
            "Start a virtual board that the commands above find like a real one.",
        ),
    },
    "Recordings and figures": {
        "import": Entry(
            "host_tools.import_command:import_export",
            "Turn another program's export into a recording.",
        ),
        "label": Entry(
            "host_tools.device.label_command:label",
            "Find heel-offs by hindsight, as a reference.",
        ),
        "replay": Entry(
            "host_tools.replay_command:replay", "Run the device's gait code over recordings."
        ),
        "evaluate": Entry(
            "host_tools.evaluate_command:evaluate", "Score it against labelled recordings."
        ),
        "generate": Entry(
            "host_tools.generate.command:app", "Generate walks and activities with known events."
        ),
        "bench": Entry(
            "host_tools.bench_command:bench", "Measure accuracy, microseconds, bytes and latency."
        ),
    },
}
COMMANDS = {name: entry for panel in PANELS.values() for name, entry in panel.items()}


class LazyGroup(TyperGroup):
    """Commands from the table above: help costs no import, a call costs one."""

    _listing = False

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # What help lists and a mistyped name is compared with: names and sentences only
        self.commands = {
            name: click.Command(name, help=entry.help, short_help=entry.help)
            for name, entry in COMMANDS.items()
        }
        for panel, entries in PANELS.items():
            for name in entries:
                vars(self.commands[name])["rich_help_panel"] = panel  # where Typer looks for it

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; while help is printed, a name and its sentence are enough."""
        cmd_name = cmd_name.lower()  # the keyboards of phones capitalise: Run
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return self.commands[cmd_name]
        module_name, _, attribute = entry.target.partition(":")
        target = getattr(importlib.import_module(module_name), attribute)
        if not isinstance(target, typer.Typer):
            command = target
            target = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            target.command(cmd_name)(command)
        built: click.Command = typer.main.get_command(target)
        built.name = cmd_name
        return built

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the list of commands."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    suggest_commands=False,  # Click does, and twice is once too often
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        import heelcue

        typer.echo(f"heelcue {heelcue.__version__}")
        raise typer.Exit


@app.callback()
def _heelcue(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Heelcue: feels every heel-off of one foot and cues the wearer with a buzz."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code; errors end as one sentence on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["help"]:  # as many other programs have it
        arguments = [*arguments[1:], "--help"]
    try:
        outcome: Any = app(args=arguments, standalone_mode=False, prog_name=Program.name)
    except HeelcueError as error:
        print(f"heelcue: {error}", file=sys.stderr)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):  # typer turns most of them into an exit code
        print("heelcue: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except SystemExit:  # Typer's way out when the reader (head, less) has had enough
        return EXIT_UNREAD
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"heelcue: {where}{error.strerror or error}", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        print(f"heelcue: {bug_sentence(error)}", file=sys.stderr)
        return 1
    if outcome == EXIT_INTERRUPTED:
        print("heelcue: interrupted", file=sys.stderr)
    return outcome if isinstance(outcome, int) else 0


def end_in_order() -> None:
    """Have SIGTERM and a closed terminal end this process as Ctrl-C does, tidied up."""
    # SIGBREAK: Windows' Ctrl-Break, and its window that closes
    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    asked = [getattr(signal, name) for name in names if hasattr(signal, name)]
    asked = [number for number in asked if signal.getsignal(number) == signal.SIG_DFL]  # no nohup

    def interrupt(*_: object) -> None:
        for number in asked:  # a terminal that closes asks twice; once is enough
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in asked:
        signal.signal(number, interrupt)


def _open_closed() -> None:
    """Have what was closed (`heelcue ... >&-`, some schedulers) lead nowhere, not into an error.

    Else the next file that is opened gets its number, and what is printed goes there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            os.set_inheritable(nowhere.fileno(), True)
            setattr(sys, name, nowhere)


def _print_anything() -> None:
    """Have what the terminal or file cannot show come out as the like or ?, not as an error.

    Windows' pipes and files are in its old code page; a file's name may be no text at all.
    """
    codecs.register_error("plainly", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")


def main() -> None:
    """Entry point of the `heelcue` command."""
    end_in_order()
    _open_closed()
    _print_anything()
    Program.started_as(sys.argv[0])
    code = run()
    try:
        sys.stdout.flush()
    except OSError:  # a broken pipe, which Windows calls an invalid argument
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        code = EXIT_UNREAD
    sys.exit(code)
