"""The examination behind `heelcue doctor`: findings, each with what to do about it."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

from host_tools.device.console import Console, open_console
from host_tools.device.link import BoardError, Link, connect
from host_tools.device.options import say
from host_tools.device.ports import choose_port, find_ports, unseen_advice
from host_tools.errors import HeelcueError, to_type
from host_tools.words import count_of

WATCH_S = 1.0
RATE_TOLERANCE = 0.1
BATTERY_LOW_MV = 3600
MEMORY_LOW_BYTES = 20_000

# What a counted fault asks of its owner; the names are heelcue.faults.NAMES
ADVICE = {
    "imu_missing": "check the IMU's four wires (3V3, GND, SDA, SCL) against hardware/README.md",
    "imu_bus": "shorten or resolder SDA and SCL; a loose wire shows first when walking",
    "imu_silent": "unplug the board for ten seconds; if it stays, replace the IMU",
    "imu_frozen": "unplug the board for ten seconds; if it stays, replace the IMU",
    "imu_saturated": "is the IMU rigid on the shoe? A flapping clip hits the end of its range",
    "fifo_overflow": "the loop was late; samples were lost, and told to the gait code",
    "haptic": "check the DRV2605L's wires (3V3, GND, SDA, SCL) against hardware/README.md",
    "motor_overrun": "a pulse had to be cut; report this with 'heelcue doctor --json'",
    "flash": "free some flash: 'heelcue record --remove', 'heelcue report --erase'",
    "settings": "'heelcue settings show' tells what holds; 'settings set' writes it again",
    "battery_low": "charge it",
    "battery_empty": "charge it",
    "watchdog": "the application hung once; 'heelcue flash' brings the newest firmware",
    "brown_out": "the supply dipped: charge the battery, check the motor's wiring and capacitor",
    "crash": "the application crashed and restarted; the text is in crash.txt, please report it",
    "console": "lines that were no requests; harmless",
    "slow_output": "nobody read the serial line; harmless",
    "haptic_budget": "more cues than the motor may run; shorten pulse_ms",
}
HARMLESS = ("console", "slow_output", "fifo_overflow", "haptic_budget")


class Finding(NamedTuple):
    """One thing that was looked at; state: ok, warn or fail."""

    state: str
    what: str
    text: str
    advice: str = ""


def examine(port: str | None, buzz: bool = False) -> list[Finding]:
    """Look a board over. Findings from the cable inwards; ends where there is no further in."""
    try:
        name = choose_port(port)
    except HeelcueError as error:
        advice = unseen_advice() if not find_ports() else ""
        return [
            Finding("fail", "port", str(error).partition(to_type("; 'heelcue doctor'"))[0], advice)
        ]
    what = next((one.what for one in find_ports() if one.name == name), "")
    findings = []
    try:
        console = open_console(name, start=False)
    except HeelcueError as error:
        from serial import SerialException

        from host_tools.device.serial_port import Transport

        try:
            Transport(name).close()
        except (HeelcueError, SerialException) as trouble:
            return [Finding("fail", "port", str(trouble))]
        findings.append(Finding("ok", "port", f"{name} {what}".strip()))
        return findings + _without_application(name, str(error))
    with console:
        findings.append(Finding("ok", "port", f"{name} {what}".strip()))
        return findings + _with_application(console, buzz)


def _without_application(port: str, why: str) -> list[Finding]:
    """The application does not answer: go in through the REPL."""
    from host_tools.device.flash import target_of

    try:
        link = connect(port, say)
    except HeelcueError as error:
        return [Finding("fail", "MicroPython", str(error))]
    with link:
        findings = []
        try:
            target = target_of(link)
            version = ".".join(str(part) for part in target.version)
            findings.append(Finding("ok", "MicroPython", f"{version}, {target.machine}"))
            target.check()
        except HeelcueError as error:
            findings.append(Finding("fail", "MicroPython", str(error)))
            return findings
        crash = _crash(link)
        if crash:
            findings.append(
                Finding("fail", "application", f"it crashed: {crash}", "update it: 'heelcue flash'")
            )
        else:
            findings.append(Finding("fail", "application", why, "put it there: 'heelcue flash'"))
    return findings


def _crash(link: Link) -> str:
    try:
        lines = link.get("/crash.txt").decode(errors="replace").strip().splitlines()
    except BoardError:
        return ""
    return lines[-1] if lines else ""


def _with_application(console: Console, buzz: bool) -> list[Finding]:
    hello = console.hello
    before = console.request("status")
    began = time.monotonic()
    while (left := began + WATCH_S - time.monotonic()) > 0:
        console.wait_event(left)
    after = console.request("status")
    watched_s = time.monotonic() - began
    findings = [
        _version(hello),
        _imu(hello, after),
        *_samples(hello, before, after, watched_s),
        _motor(console, after, buzz),
        _battery(after),
    ]
    if after.get("mem_free", MEMORY_LOW_BYTES) < MEMORY_LOW_BYTES:
        findings.append(
            Finding("warn", "memory", f"{after['mem_free']} bytes free", "reset the board")
        )
    return findings + _faults(after)


def _version(hello: dict[str, Any]) -> Finding:
    import heelcue

    if hello["fw"] != heelcue.__version__:
        advice = "'heelcue flash' brings the board up to date"
        if _numbers(hello["fw"]) > _numbers(heelcue.__version__):
            advice = "bring these tools up to date: 'heelcue flash' would put the older one there"
        return Finding(
            "warn",
            "firmware",
            f"{hello['fw']} on the board, {heelcue.__version__} here",
            advice,
        )
    return Finding("ok", "firmware", f"{hello['fw']} on {hello['board']}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _imu(hello: dict[str, Any], status: dict[str, Any]) -> Finding:
    if not status.get("imu"):
        text = status.get("text") or hello.get("error") or "none answers"
        return Finding("fail", "IMU", text, ADVICE["imu_missing"])
    if not status.get("imu_ok"):
        return Finding("fail", "IMU", status.get("text", "it fails"), ADVICE["imu_bus"])
    return Finding("ok", "IMU", f"{status['imu']} at {hello.get('rate_hz', 0):g} Hz")


def _samples(
    hello: dict[str, Any], before: dict[str, Any], after: dict[str, Any], seconds: float
) -> list[Finding]:
    if not after.get("imu_ok"):
        return []
    measured_hz = 1e6 / after["period_us"] if after.get("period_us") else 0.0
    count = after["n"] - before["n"]
    if count <= 0:
        return [Finding("fail", "samples", f"none in {seconds:.1f} s", ADVICE["imu_silent"])]
    wanted = hello.get("rate_hz") or measured_hz
    if abs(measured_hz / wanted - 1) > RATE_TOLERANCE:
        return [
            Finding(
                "warn",
                "samples",
                f"{measured_hz:.0f} per second where {wanted:.0f} were asked for",
                "reset the board; if it stays, the IMU's clock is off and times are wrong by that",
            )
        ]
    return [Finding("ok", "samples", f"{measured_hz:.0f} per second")]


def _motor(console: Console, status: dict[str, Any], buzz: bool) -> Finding:
    kind = status.get("motor", "unknown")
    if status.get("muted"):
        return Finding("warn", "motor", f"{kind}, muted", "press the button twice to unmute it")
    if "haptic" in status.get("faults", {}):
        return Finding("fail", "motor", f"{kind} does not answer", ADVICE["haptic"])
    if buzz:
        console.request("buzz", pattern="double")
        return Finding(
            "ok",
            "motor",
            f"{kind}; two pulses were just played",
            "nothing felt? Check the motor's wires; no motor tells by itself whether it is fitted",
        )
    if kind == "drv2605":
        return Finding("ok", "motor", "DRV2605L answers; --buzz lets you feel it")
    return Finding(
        "ok",
        "motor",
        f"{kind} (a plain motor cannot tell that it is there; --buzz lets you feel it)",
    )


def _battery(status: dict[str, Any]) -> Finding:
    battery = status.get("battery") or {}
    if "mv" not in battery:
        return Finding("ok", "battery", "this board cannot measure it")
    text = f"{battery['mv']} mV" + (f", {battery['pct']} %" if "pct" in battery else "")
    if battery["mv"] < BATTERY_LOW_MV:
        return Finding("warn", "battery", text, "charge it before the next walk")
    return Finding("ok", "battery", text)


def _faults(status: dict[str, Any]) -> list[Finding]:
    counted = status.get("faults", {})
    if not counted:
        return [Finding("ok", "faults", "none since the board started")]
    return [
        Finding(
            "ok" if name in HARMLESS else "warn",
            "fault",
            f"{name} {count_of(count, 'time')}",
            ADVICE.get(name, ""),
        )
        for name, count in counted.items()
    ]
