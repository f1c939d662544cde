"""`heelcue devices` and `heelcue doctor`: what is there, what is wrong with it, what to do."""

from __future__ import annotations

import json
from typing import Any

import typer

from host_tools.device.options import AS_JSON, PORT
from host_tools.errors import to_type

MARKS = {"ok": "ok  ", "warn": "look", "fail": "FAIL"}


def devices(as_json: bool = AS_JSON) -> int:
    """List the boards that are plugged in, and the virtual one, and what runs on each.

    Ends with exit code 1 when there is none.

    \b
    Examples:
      heelcue devices
      heelcue devices --json
    """
    from host_tools.device.console import open_console
    from host_tools.device.ports import find_ports, unseen_advice, virtual_advice
    from host_tools.errors import HeelcueError

    found: list[dict[str, Any]] = []
    for port in find_ports():
        entry: dict[str, Any] = {"port": port.name, "what": port.what, "virtual": port.virtual}
        try:
            with open_console(port.name, start=False) as console:
                hello = console.hello
            entry |= {key: hello.get(key) for key in ("fw", "board", "imu")}
        except HeelcueError as error:
            entry["trouble"] = str(error)
        found.append(entry)
    if as_json:
        print(json.dumps(found))
    elif not found:
        print(
            "No board found. Plug it in with a cable that carries data (many only charge). It is "
            + to_type(f"plugged in? Then {unseen_advice()}{virtual_advice()}.")
        )
    else:
        for entry in found:
            what_runs = entry.get("trouble") or (
                f"Heelcue {entry['fw']} on {entry['board']}, IMU {entry['imu']}"
            )
            print(f"{entry['port']}  {entry['what']}: {what_runs}")
    return 0 if found else 1


def doctor(
    port: str | None = PORT,
    buzz: bool = typer.Option(False, "--buzz", help="Also play a test buzz, for you to feel."),
    as_json: bool = AS_JSON,
) -> int:
    """Find out what is wrong with a board, from the cable inwards, and what to do about it.

    Looks at the port, MicroPython, the application, motion sensor (IMU), motor, battery and
    faults. Ends with exit code 1 when something keeps it from working.

    \b
    Examples:
      heelcue doctor
      heelcue doctor --port /dev/ttyACM0 --buzz
    """
    from host_tools.device.examine import examine

    findings = examine(port, buzz=buzz)
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        print(json.dumps({"ok": not failed, "findings": [f._asdict() for f in findings]}))
    else:
        for finding in findings:
            print(to_type(f"{MARKS[finding.state]}  {finding.what}: {finding.text}"))
            if finding.advice:
                print(to_type(f"        -> {finding.advice}"))
        print("Something needs attention." if failed else "All well.")
    return 1 if failed else 0
