"""What differs between MicroPython's builds, and stops none of them."""

import builtins
import importlib.util
from pathlib import Path

import pytest
from heelcue.imu import base, unpack_plain

FIRMWARE = Path(base.__file__).parents[2]


def test_nothing_is_used_that_the_stubs_of_the_builds_do_not_have():
    """The stubs list what a chip's own build has: who silences them has his reasons checked here.

    esp32.gpio_deep_sleep_hold was silenced so, and 1.29 did not start.
    """
    silenced = [
        f"{path.name}: {line.strip()}"
        for path in FIRMWARE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "type: ignore" in line and "attr" in line.split("type: ignore")[1]
    ]
    assert silenced == []


@pytest.mark.parametrize("error", [ImportError, SyntaxError, ValueError, MemoryError])
def test_without_machine_code_plain_bytecode_stands_in(error, monkeypatch):
    """No emitter in the build; compiled for another chip; no room in the memory that can run it."""
    real = builtins.__import__

    def refuse(name, *more):
        if name == "heelcue.imu.unpack_fast":
            raise error("refused")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    spec = importlib.util.find_spec("heelcue.imu.base")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert loaded.gather is unpack_plain.gather
    assert loaded.pair_tagged is unpack_plain.pair_tagged
