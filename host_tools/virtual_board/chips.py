"""The chips that a board can carry, by name: options for Options.imu and Options.haptic."""

from __future__ import annotations

from typing import Any

from heelcue.boards import BOARDS

from host_tools.errors import HeelcueError
from host_tools.virtual_board.options import Options

IMUS: dict[str, dict[str, Any]] = {
    "mpu6050": {"chip": "mpu6050", "identity": 0x68},
    "mpu6050-clone": {"chip": "mpu6050", "identity": 0x72},
    "mpu6500": {"chip": "mpu6050", "identity": 0x70},
    "mpu9250": {"chip": "mpu6050", "identity": 0x71},
    "mpu9255": {"chip": "mpu6050", "identity": 0x73},
    "icm20689": {"chip": "mpu6050", "identity": 0x98},
    "mpu6886": {"chip": "mpu6050", "identity": 0x19},
    "lsm6ds3": {"chip": "lsm6ds3trc", "identity": 0x69},
    "lsm6ds3tr-c": {"chip": "lsm6ds3trc", "identity": 0x6A},
    "lsm6dso": {"chip": "lsm6dso", "identity": 0x6C},
    "lsm6dsox": {"chip": "lsm6dso", "identity": 0x6C},
    "icm42688-p": {"chip": "icm42688p", "identity": 0x47},
    "bmi270": {"chip": "bmi270", "identity": 0x24},
}
ADDRESSES = {"mpu6050": 0x68, "icm42688p": 0x68, "bmi270": 0x68}
INT_PIN = 4  # as wired on the ESP32 dev kit


def imu_options(name: str, int_pin: int | None = INT_PIN) -> dict[str, Any] | None:
    """Options.imu for a chip's name; "none" is a board without one."""
    if name == "none":
        return None
    if name not in IMUS:
        known = ", ".join([*IMUS, "none"])
        raise HeelcueError(f"no IMU is called '{name}'; there are: {known}", 2)
    chip = IMUS[name]
    return {**chip, "address": ADDRESSES.get(chip["chip"], 0x6A), "int_pin": int_pin}


def haptic_options(name: str, motor: str = "erm") -> dict[str, Any] | None:
    """Options.haptic for "mosfet" (None: the motor hangs on a GPIO) or "drv2605l"."""
    if name == "mosfet":
        return None
    if name != "drv2605l":
        raise HeelcueError(f"no motor driver is called '{name}'; there are: mosfet, drv2605l", 2)
    return {"chip": "drv2605l", "motor": motor, "trigger_pin": 26}


# `mcu` of firmware/heelcue/boards.py: what the board's pins and timers are those of
TARGETS = {
    "ESP32": "esp32",
    "ESP32-PICO-V3-02": "esp32",
    "ESP32-C3": "esp32c3",
    "ESP32-S3": "esp32s3",
}
BUILT_IN_IMU = {"m5stickc_plus2": "mpu6886", "m5_atoms3": "mpu6886"}


def board_options(name: str, imu: str | None = None, haptic: str = "mosfet") -> Options:
    """Options for a board of the firmware's table: its chip, its pins, and the file `board`.

    imu: a name of IMUS (default: the one built in, else an MPU-6050). Raises HeelcueError for a
    board that the table does not have.
    """
    if name not in BOARDS:
        known = ", ".join(BOARDS)
        raise HeelcueError(f"no board is called '{name}'; there are: {known}", 2)
    board = BOARDS[name]
    _, sda, scl = board["i2c"]
    driver = haptic_options(haptic)
    if driver is not None:
        driver["trigger_pin"] = board["drv_trig"]
    battery = None
    if board["battery"] is not None:
        pin, high_ohm, low_ohm = board["battery"]
        battery = {"pin": pin, "high_ohm": high_ohm, "low_ohm": low_ohm}
    held_up = () if board["button"] is None else ((board["button"], 1),)
    return Options(
        target=TARGETS[board["mcu"]],
        imu=imu_options(imu or BUILT_IN_IMU.get(name, "mpu6050"), board["imu_int"]),
        haptic=driver,
        i2c_pins=(scl, sda),
        motor_pin=board["motor"],
        pulled_up=(scl, sda),
        pins=held_up,
        battery=battery,
        files={"board": name.encode()},
    )
