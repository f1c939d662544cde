"""The board's options: which chips, which pins, how fast, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_tools.micropython import FIRMWARE
from host_tools.virtual_board.stimulus import Stimulus


@dataclass
class Options:
    """How a virtual board is built.

    The defaults are an ESP32 dev kit with an MPU-6050 on I2C (SCL 22, SDA 21, INT 4) and a motor's
    MOSFET on GPIO 25.
    """

    firmware: Path | None = FIRMWARE  # folder copied into the flash; None: an empty file system
    files: dict[str, bytes] = field(default_factory=dict)  # further files, by path on the flash
    stimulus: Stimulus | None = None  # None: a foot at rest
    target: str = "esp32"  # esp32, esp32c3, esp32c6, esp32s3
    release: tuple[int, int] = (1, 29)  # of MicroPython, whose `esp32` differs (device/esp32.py)
    imu: dict[str, Any] | None = field(
        default_factory=lambda: {"chip": "mpu6050", "identity": 0x68, "address": 0x68, "int_pin": 4}
    )
    haptic: dict[str, Any] | None = None  # {"chip": "drv2605l", "trigger_pin": n, "motor": "lra"}
    i2c_pins: tuple[int, int] = (22, 21)  # scl, sda
    motor_pin: int | None = 25
    traced_pins: tuple[int, ...] = ()
    pins: tuple[tuple[int, int], ...] = ()  # (GPIO, level) driven from outside: a held button
    pulled_up: tuple[int, ...] = (21, 22)  # GPIOs with a pull-up resistor on the board
    battery: dict[str, int] | None = None  # {"pin": 35, "high_ohm": 100000, "low_ohm": 100000}
    battery_mv: int = 3900
    costs: dict[str, int] = field(default_factory=dict)  # entries of device/costs.py to replace
    ticks_start_ms: int = 0  # what time.ticks_ms() starts from: near 2**30 crosses the wrap
    heap_bytes: int = 0  # heap left to the firmware; 0: as much as it likes
    flash_kib: int = 2048
    faults: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)  # (s, name, ...)
    journal: bool = False  # keep every flash operation (see flash.py)
    cut_at_flash: int = 0  # cut the power at this flash operation
    speed: float | None = None  # None: batch; live: virtual seconds per second, 0 as fast as may be

    def config(self, folder: Path, plan: dict[str, Any], trace_fd: int) -> dict[str, Any]:
        """What the board itself reads (device/boot.py)."""
        return {
            "target": self.target,
            "release": list(self.release),
            "imu": self.imu,
            "haptic": self.haptic,
            "i2c_pins": list(self.i2c_pins),
            "motor_pin": self.motor_pin,
            "traced_pins": list(self.traced_pins),
            "pins": [list(pin) for pin in self.pins],
            "pulled_up": list(self.pulled_up),
            "battery": self.battery,
            "battery_mv": self.battery_mv,
            "costs": self.costs,
            "ticks_start_ms": self.ticks_start_ms,
            "heap": self.heap_bytes,
            "faults": sorted(
                ([round(at_s * 1e6), name, dict(more)] for at_s, name, more in self.faults),
                key=lambda fault: fault[0],
            ),
            "cut_at_flash": self.cut_at_flash,
            "speed": self.speed,
            "stimulus": {"file": str(folder / "stimulus.bin"), "plan": plan},
            "flash": {
                "image": str(folder / "flash.img"),
                "sectors": self.flash_kib // 4,
                "journal": str(folder / "flash.journal") if self.journal else None,
            },
            "state_file": str(folder / "state.json"),
            "trace_fd": trace_fd,
        }
