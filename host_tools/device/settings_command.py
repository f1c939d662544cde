"""`heelcue settings`: what the board is set to, and how to change, keep and bring it back.

Keys, ranges and help come from the firmware's own schema (heelcue.settings).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from heelcue import settings as schema
from heelcue.settings_help import HELP

from host_tools.device.options import AS_JSON, PORT

app = typer.Typer(
    help="""Show, change, back up and restore the board's settings.

    \b
    Examples:
      heelcue settings show
      heelcue settings set strength_pct=60 pulse_ms=120
      heelcue settings backup mine.json
    """,
    no_args_is_help=True,
    suggest_commands=False,  # Click does
    add_completion=False,
)

# What the firmware looks at only as it starts (its Services); all others it takes over at once
AT_START = ("console_events", "stride_log", "log_kb")
NO_SAVE: Any = typer.Option(False, "--no-save", help="Only until the next start.")


def parse_pairs(pairs: list[str]) -> dict[str, Any]:
    """Turn KEY=VALUE texts into checked values. Raises HeelcueError."""
    from host_tools.errors import HeelcueError
    from host_tools.settings_file import refusal

    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise HeelcueError(
                f"'{pair}': write it with = and no spaces, for instance pulse_ms=120", 2
            )
        value: Any = text
        spec = schema.SCHEMA.get(key)
        if spec is not None and not isinstance(spec[1], tuple):
            try:
                value = int(text)
            except ValueError:
                value = text
        try:
            schema.check(key, value)
        except schema.SettingsError as error:
            raise HeelcueError(refusal(error), 2) from None
        values[key] = value
    return values


def send(console: Any, values: dict[str, Any], save: bool) -> list[str]:
    """Send settings, have them saved, read them back; returns the keys that changed.

    Raises HeelcueError when the board holds something else afterwards.
    """
    from host_tools.device.console import OldFirmwareError
    from host_tools.errors import HeelcueError

    known = console.request("get")["settings"]
    usual = schema.defaults()
    # What the board cannot be set to, and need not be
    values = {key: v for key, v in values.items() if key in known or v != usual.get(key)}
    unknown = [key for key in values if key not in known]
    if unknown:
        raise OldFirmwareError(
            f"the firmware on the board ({console.hello.get('fw')}) has no setting "
            f"{', '.join(unknown)}; bring it up to date with 'heelcue flash'"
        )
    different = {key: value for key, value in values.items() if known[key] != value}
    # A request has at most 512 bytes
    for key, value in different.items():
        console.request("set", key=key, value=value)
    if save:
        console.request("save")
    now = console.request("get")["settings"]
    wrong = [key for key, value in values.items() if now.get(key) != value]
    if wrong:
        raise HeelcueError(
            f"the board did not take over {', '.join(wrong)}; 'heelcue settings show' tells what "
            "holds"
        )
    return list(different)


def _range_of(key: str) -> str:
    spec = schema.SCHEMA[key]
    return " | ".join(spec[1]) if isinstance(spec[1], tuple) else f"{spec[1]} to {spec[2]}"


def _read_board(port: str | None) -> dict[str, Any]:
    from host_tools.device.console import open_console

    with open_console(port) as console:
        values: dict[str, Any] = console.request("get")["settings"]
    return values


@app.command()
def show(
    port: str | None = PORT,
    file: Path | None = typer.Option(None, metavar="FILE", help="Of a file instead of the board."),
    defaults: bool = typer.Option(False, "--defaults", help="The defaults; needs no board."),
    as_json: bool = AS_JSON,
) -> int:
    """Show all settings with their ranges and what they mean.

    \b
    Examples:
      heelcue settings show
      heelcue settings show --defaults --json
    """
    from host_tools.settings_file import load_settings

    offline = defaults or file is not None
    values = load_settings(file) if offline else _read_board(port)
    if as_json:
        print(json.dumps(values))
        return 0
    for key, value in sorted(values.items(), key=lambda item: _place(item[0])):
        if key not in schema.SCHEMA:
            print(f"{key} = {value}  (not known to this version of heelcue)")
            continue
        spec = schema.SCHEMA[key]
        mark = " " if value == spec[0] else "*"
        print(f"{mark} {key} = {value}   [{_range_of(key)}; default {spec[0]}]  {HELP[key]}")
    print("* differs from its default")
    return 0


def _place(key: str) -> int:
    keys = list(schema.SCHEMA)
    return keys.index(key) if key in keys else len(keys)


@app.command()
def diff(
    port: str | None = PORT,
    file: Path | None = typer.Argument(None, help="Compare with this file [default: defaults]."),
    as_json: bool = AS_JSON,
) -> int:
    """Show where the board differs from the defaults, or from a file.

    \b
    Examples:
      heelcue settings diff
      heelcue settings diff tuned.json
    """
    from host_tools.settings_file import load_settings

    other = load_settings(file)
    values = _read_board(port)
    name = "default" if file is None else file.name
    different = {
        key: {"board": values.get(key), name: other.get(key)}
        for key in sorted(values.keys() | other.keys(), key=_place)
        if values.get(key) != other.get(key)
    }
    if as_json:
        print(json.dumps(different))
    elif not different:
        print("No difference.")
    else:
        for key, pair in different.items():
            print(f"{key}: board {pair['board']}, {name} {pair[name]}")
    return 0


@app.command("set")
def set_(
    pairs: list[str] = typer.Argument(
        ...,
        metavar="KEY=VALUE...",
        help="What to change; `heelcue settings show` explains the keys.",
    ),
    port: str | None = PORT,
    no_save: bool = NO_SAVE,
    as_json: bool = AS_JSON,
) -> int:
    """Change settings on the board; they are checked here, sent, saved and read back.

    \b
    Examples:
      heelcue settings set pulse_ms=120 strength_pct=60
      heelcue settings set cue_mode=reactive --no-save
    """
    from host_tools.device.console import open_console

    values = parse_pairs(pairs)
    with open_console(port) as console:
        changed = send(console, values, not no_save)
    _told(changed, values, not no_save, as_json)
    return 0


def _told(changed: list[str], values: dict[str, Any], saved: bool, as_json: bool) -> None:
    at_start = [key for key in AT_START if key in changed]
    if as_json:
        outcome: dict[str, Any] = {"changed": changed, "saved": saved}
        print(json.dumps(outcome | ({"at_next_start": at_start} if at_start else {})))
        return
    for key in changed:
        print(f"{key} = {values[key]}")
    if not changed:
        print("The board was set like this already.")
    elif not saved:
        print("Not saved: the next start brings the old values back.")
    if at_start:
        subject = f"{' and '.join(at_start)} {'holds' if len(at_start) == 1 else 'hold'}"
        told = "switch the device off and on" if saved else "without saving it does nothing"
        print(f"{subject} from the next start only: {told}.")


@app.command()
def backup(
    file: Path = typer.Argument(..., help="Where to; .json."),
    port: str | None = PORT,
    as_json: bool = AS_JSON,
) -> int:
    """Write the board's settings to a file; of what is there, only another backup makes way.

    \b
    Examples:
      heelcue settings backup left-shoe.json
    """
    from host_tools.errors import HeelcueError
    from host_tools.files import check_output, write_whole
    from host_tools.settings_file import holds_settings

    check_output(file, ".json")
    if file.exists() and not holds_settings(file):
        raise HeelcueError(f"{file} is there already and holds no settings; give another name", 2)
    values = _read_board(port)
    write_whole(file, (json.dumps(values, indent=1) + "\n").encode())
    print(json.dumps({"file": str(file)}) if as_json else f"{len(values)} settings in {file}.")
    return 0


@app.command()
def restore(
    file: Path = typer.Argument(..., help="A file from backup, tune, or written by hand."),
    port: str | None = PORT,
    no_save: bool = NO_SAVE,
    as_json: bool = AS_JSON,
) -> int:
    """Bring the board to a file's settings; keys that the file lacks go to their defaults.

    \b
    Examples:
      heelcue settings restore left-shoe.json
    """
    from host_tools.device.console import open_console
    from host_tools.settings_file import load_settings

    values = load_settings(file)
    with open_console(port) as console:
        changed = send(console, values, not no_save)
    _told(changed, values, not no_save, as_json)
    return 0


@app.command()
def reset(port: str | None = PORT, no_save: bool = NO_SAVE, as_json: bool = AS_JSON) -> int:
    """Bring all settings back to their defaults.

    \b
    Examples:
      heelcue settings reset
    """
    from host_tools.device.console import open_console

    with open_console(port) as console:
        before = console.request("get")["settings"]
        console.request("reset", what="settings")  # to the board's own, of whatever version
        if not no_save:
            console.request("save")
        values = console.request("get")["settings"]
    changed = [key for key in values if values[key] != before.get(key)]
    _told(changed, values, not no_save, as_json)
    return 0
