"""Sleep, resets, brown-out, power cuts at every flash write, full disk; on real MicroPython."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest

from host_tools.virtual_board import Board, BoardError, Stimulus
from host_tools.virtual_board.flash import image_after_cut

BUS = b"""
import machine, time
i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
"""
I2C_PINS = {"esp32": (22, 21), "esp32c3": (7, 6), "esp32c6": (7, 6), "esp32s3": (6, 5)}


def board(main: bytes, **options) -> Board:
    """A board with nothing on its flash but this main.py."""
    return Board(firmware=None, files={"main.py": main}, **options)


def test_deep_sleep_ends_by_timer_and_keeps_the_chips_and_rtc_memory() -> None:
    main = (
        BUS
        + b"""
rtc = machine.RTC()
print('cause', machine.reset_cause(), 'wake', machine.wake_reason(), rtc.memory(),
      i2c.readfrom_mem(0x68, 0x1B, 1), time.ticks_ms() < 1000)
i2c.writeto_mem(0x68, 0x1B, b'\\x18')
rtc.memory(b'kept')
machine.deepsleep(60_000)
"""
    )
    with board(main) as b:
        b.run(62)
        assert re.findall(r"cause .*", b.console) == [
            "cause 1 wake 0 b'' b'\\x00' True",
            "cause 4 wake 4 b'kept' b'\\x18' True",
        ]
        assert b.trace.resets[0].t_us == pytest.approx(60_260_000, abs=20_000)


def test_motion_wakes_from_deep_sleep_through_ext0() -> None:
    main = (
        BUS
        + b"""
import esp32
print('wake', machine.wake_reason())
if machine.reset_cause() == machine.PWRON_RESET:
    for r, v in ((0x37, 0xA0), (0x1C, 0x01), (0x1F, 40), (0x20, 1), (0x6C, 0x47), (0x38, 0x40),
                 (0x6B, 0x20)):
        i2c.writeto_mem(0x68, r, bytes((v,)))
    time.sleep_ms(500)
    i2c.readfrom_mem(0x68, 0x3A, 1)
    esp32.wake_on_ext0(machine.Pin(4, machine.Pin.IN), False)
    machine.deepsleep()
"""
    )
    still = np.tile(np.array([[0, 0, 2048, 0, 0, 0]], np.int16), (50, 1))
    moving = still.copy()
    moving[:, 0] = (500 * np.sin(np.arange(50))).astype(np.int16)
    foot = Stimulus.from_samples(still, 50.0).then(still, 50.0, seconds=3600).then(moving, 50.0)
    with board(main, stimulus=foot) as b:
        b.run(3600)
        assert "wake 2" not in b.console
        b.run(3)
        assert "wake 2" in b.console
        assert b.trace.resets[0].t_us == pytest.approx(3_601_000_000, abs=500_000)


def test_light_sleep_stops_timers_and_ends_by_the_button() -> None:
    main = b"""
import machine, time, esp32
hits = []
machine.Timer(0, period=100, mode=machine.Timer.PERIODIC, callback=lambda t: hits.append(1))
esp32.wake_on_ext0(machine.Pin(0, machine.Pin.IN, machine.Pin.PULL_UP), False)
time.sleep_ms(1050)
before = len(hits)
start = time.ticks_ms()
machine.lightsleep(30_000)
print('slept', time.ticks_diff(time.ticks_ms(), start), len(hits) - before)
"""
    with board(main, pins=((0, 1),)) as b:
        b.fault("pin", 5.0, number=0, level=0)
        b.run(8)
        slept, hits = map(int, re.findall(r"slept (\d+) (\d+)", b.console)[0])
        assert slept == pytest.approx(5000 - 250 - 1050, abs=30)
        assert hits <= 1


def test_brownout_resets_the_chips_too() -> None:
    main = (
        BUS
        + b"""
print('cause', machine.reset_cause(), i2c.readfrom_mem(0x68, 0x1B, 1))
i2c.writeto_mem(0x68, 0x1B, b'\\x18')
while True:
    time.sleep_ms(10)
"""
    )
    with board(main) as b:
        b.fault("brownout", 2.0)
        b.run(4)
        assert re.findall(r"cause .*", b.console) == ["cause 1 b'\\x00'"] * 2


def test_what_a_reset_makes_of_a_motor_that_runs() -> None:
    """The processor's own resets leave the peripherals running; somebody must set them up anew."""
    boot_ms = 250
    for how, cause, on_ms in (
        ("machine.reset()", "hard", boot_ms),
        ("machine.soft_reset()", "soft", 0),
        ("machine.WDT(timeout=50); time.sleep(9)", "watchdog", 50 + boot_ms),
        ("machine.deepsleep(500)", "deep_sleep", 0),
        ("1 / 0", "none", None),
    ):
        main = f"""
import machine, time
pwm = machine.PWM(machine.Pin(25), freq=20000, duty_u16=0)
if machine.reset_cause() == machine.PWRON_RESET:
    pwm.duty_u16(40000)
    time.sleep_ms(30)
    {how}
"""
        with board(main.encode()) as b:
            b.run(2)
            (pulse,) = b.pulses()
            if cause == "none":  # nobody switched it off: the board shows it
                assert pulse.off_us is None
            else:
                assert pulse.off_us is not None
                assert pulse.off_us - pulse.on_us == pytest.approx(1000 * (30 + on_ms), abs=15_000)
                assert b.trace.reset_causes()[0][1] == cause


WRITER = b"""
import os, json
count = 0
while True:
    try:
        with open('kept.json') as f:
            count = json.load(f)['count']
    except OSError:
        pass
    print('had', count)
    if count >= 6:
        break
    with open('new.json', 'w') as f:
        json.dump({'count': count + 1, 'fill': 'x' * 700}, f)
    os.rename('new.json', 'kept.json')
"""


def test_power_cut_at_every_flash_operation(tmp_path: Path) -> None:
    """An atomic writer never loses what it has renamed, wherever the power goes."""
    with Board(
        firmware=None, files={"main.py": WRITER}, journal=True, flash_kib=256, folder=tmp_path
    ) as b:
        before = (tmp_path / "flash.img").read_bytes()
        b.run(20)
        whole = b.console
        operations = b.journal()
        after = (tmp_path / "flash.img").read_bytes()
    assert "had 6" in whole
    assert len(operations) > 40
    assert image_after_cut(before, operations, len(operations), torn_bytes=1 << 20) == after
    seen = []
    for cut in range(1, len(operations) + 1, 3):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "flash.img").write_bytes(image_after_cut(before, operations, cut))
        with Board(firmware=None, flash_kib=256, folder=folder) as b:
            b.run(0.6)
            seen.append(int(re.findall(r"had (\d+)", b.console)[0]))
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] >= 5


def test_power_cut_during_the_run_itself() -> None:
    for cut in (1, 7, 30):
        with board(WRITER, cut_at_flash=cut, flash_kib=256) as b:
            b.run(20)
            assert [cause for _, cause in b.trace.reset_causes()] == ["power_on"]
            counts = list(map(int, re.findall(r"had (\d+)", b.console)))
            assert counts[-1] == 6


def test_flash_writes_stall_the_processor_but_not_the_chips() -> None:
    main = (
        BUS
        + b"""
for r, v in ((0x6B, 1), (0x1A, 1), (0x19, 4), (0x1B, 0x18), (0x1C, 0x18), (0x23, 0x78), (0x6A, 4),
             (0x6A, 0x40)):
    i2c.writeto_mem(0x68, r, bytes((v,)))
start = time.ticks_us()
with open('data', 'wb') as f:
    f.write(bytes(8192))
took = time.ticks_diff(time.ticks_us(), start)
high, low = i2c.readfrom_mem(0x68, 0x72, 2)
print('took', took, (high << 8 | low) // 12)
"""
    )
    with board(main) as b:
        b.run(2)
        took_us, samples = map(int, re.findall(r"took (\d+) (\d+)", b.console)[0])
        assert took_us > 2 * 45_000 + 32 * 700
        assert samples == pytest.approx(took_us / 5000, abs=2)
        assert b.stats["samples_lost"] == 0


def test_full_disk_says_so() -> None:
    main = b"""
try:
    for k in range(1000):
        with open('f%d' % k, 'wb') as f:
            f.write(bytes(4000))
except OSError as error:
    print('full', error.errno, k > 3)
"""
    with board(main, flash_kib=64) as b:
        b.run(60)
        assert "full 28 True" in b.console


def test_firmware_that_does_not_fit_on_the_flash() -> None:
    from host_tools.errors import HeelcueError

    with pytest.raises(HeelcueError, match="does not fit on a flash of 64 KiB"):
        Board(firmware=None, files={"main.py": b"", "big": bytes(100_000)}, flash_kib=64)


def test_heap_is_as_small_as_asked_for() -> None:
    main = b"""
import gc
gc.collect()
print('free', gc.mem_free() > 60_000, gc.mem_alloc() < 20_000)
try:
    bytearray(90_000)
    print('room')
except MemoryError:
    print('no room')
bytearray(50_000)
print('enough')
"""
    with board(main, heap_bytes=80_000) as b:
        b.run(1)
        assert b.console.startswith("free True True\nno room\nenough\n")


def test_every_fault_can_happen_at_any_time() -> None:
    main = (
        BUS
        + b"""
while True:
    try:
        i2c.writeto_mem(0x68, 0x6B, b'\\x01')
        i2c.readfrom_mem(0x68, 0x3B, 14)
    except OSError:
        pass
    time.sleep_ms(3)
"""
    )
    schedule = [
        (0.3, "nack", {"count": 3}),
        (0.4, "stuck_bus", {}),
        (0.5, "frozen", {"us": 50_000}),
        (0.6, "saturated", {"us": 50_000}),
        (0.7, "fifo_lost", {}),
        (0.8, "fifo_overflow", {"samples": 5}),
        (0.9, "imu_reset", {}),
        (1.0, "imu_off", {"us": 100_000}),
        (1.2, "haptic_off", {"us": 100_000}),
        (1.4, "identity", {"value": 0x33}),
        (1.5, "bad_reads", {"count": 2}),
        (1.6, "battery", {"mv": 3400}),
        (1.7, "stall", {"us": 30_000}),
        (1.8, "pin", {"number": 0, "level": 0}),
        (1.9, "brownout", {}),
        (2.4, "power_cut", {}),
        (3.0, "cut_at_flash", {"operation": 1}),
    ]
    from host_tools.virtual_board.device.faults import NAMES as FAULT_NAMES

    with board(main, faults=schedule, haptic={"chip": "drv2605l"}) as b:
        b.run(4)
        happened = {FAULT_NAMES[record.a] for record in b.trace.faults}
        assert happened == {name for _, name, _ in schedule} == set(FAULT_NAMES)
        assert b.console.count("Traceback") == 0
        assert b.stats["samples_produced"] > 2000  # counted on over both power cuts


def test_a_broken_configuration_ends_in_a_sentence() -> None:
    with Board(firmware=None, imu={"chip": "abacus"}) as b, pytest.raises(BoardError):
        b.run(1)


def test_events_carry_their_times() -> None:
    main = b"""
import time, json
for k in range(3):
    time.sleep(1)
    print(json.dumps({'ev': 'tick', 'k': k}))
"""
    with board(main) as b:
        b.run(2.5)
        first = b.events()
        b.run(2.5)
        events = b.events()
    assert [e["k"] for e in events] == [0, 1, 2]
    assert events[:2] == first
    assert [e["t_us"] for e in events] == pytest.approx([1.25e6, 2.25e6, 3.25e6], abs=20_000)
    assert json.dumps(events)


def test_the_rmt_plays_on_through_a_reset_of_the_processor() -> None:
    main = b"""
import machine, esp32, time
if machine.reset_cause() == machine.PWRON_RESET:
    rmt = esp32.RMT(0, pin=machine.Pin(25, machine.Pin.OUT, value=0), clock_div=80)
    rmt.write_pulses((20_000,) * 20, (1, 1, 1, 1, 1) + (1,) * 15)
    time.sleep_ms(100)
    machine.reset()
"""
    with board(main) as b:
        b.run(2)
        (pulse,) = b.pulses()
        assert pulse.off_us is not None
        assert pulse.off_us - pulse.on_us == pytest.approx(400_000, abs=1000)


@pytest.mark.parametrize(
    ("target", "pin", "hold_all", "holds"),
    [
        ("esp32", 25, False, True),  # in the RTC domain
        ("esp32", 18, False, False),
        ("esp32", 18, True, True),
        ("esp32c3", 10, False, False),
        ("esp32c3", 10, True, True),
        ("esp32c6", 18, None, True),  # holds each pad by itself, and has no such function
        ("esp32s3", 9, False, True),
    ],
)
def test_which_pads_keep_their_level_in_deep_sleep(
    target: str, pin: int, hold_all: bool | None, holds: bool
) -> None:
    """gpio_hold_en() reaches the RTC domain only; the others need gpio_deep_sleep_hold()."""
    main = f"""
import machine, esp32, time
p = machine.Pin({pin})
if machine.reset_cause() == machine.PWRON_RESET:
    p.init(machine.Pin.OUT, value=1, hold=True)
    if {hold_all} is not None:
        esp32.gpio_deep_sleep_hold({hold_all})
    machine.deepsleep(1000)
p.init(machine.Pin.OUT, value=0)
time.sleep_ms(100)
p.init(machine.Pin.OUT, value=0, hold=False)
"""
    more = {"target": target, "release": (1, 28), "traced_pins": (pin,)}
    with board(main.encode(), i2c_pins=I2C_PINS[target], motor_pin=None, **more) as b:
        b.run(3)
        (_, up), (down_us, down) = b.trace.pin_changes(pin)
        assert (up, down) == (1, 0)
        slept_us = b.trace.sleeps[0].t_us
        if holds:  # over the wake-up, until somebody lets go
            assert down_us - slept_us == pytest.approx(1_350_000, abs=20_000)
        else:
            assert down_us - slept_us < 1_000


@pytest.mark.parametrize(
    ("target", "release", "there"),
    [
        # As dir(esp32) prints it, and the stubs made on the chips list it
        ("esp32", (1, 26), "gpio_deep_sleep_hold wake_on_ext0 wake_on_ext1"),
        ("esp32", (1, 28), "gpio_deep_sleep_hold wake_on_ext0 wake_on_ext1 wake_on_gpio"),
        ("esp32s3", (1, 29), "wake_on_ext0 wake_on_ext1 wake_on_gpio"),
        ("esp32c3", (1, 26), "gpio_deep_sleep_hold"),
        ("esp32c3", (1, 27), "gpio_deep_sleep_hold wake_on_gpio"),
        ("esp32c3", (1, 29), "wake_on_gpio"),
        ("esp32c6", (1, 26), "wake_on_ext1"),
        ("esp32c6", (1, 28), "wake_on_ext1 wake_on_gpio"),
    ],
)
def test_the_module_esp32_has_what_the_chips_build_of_the_release_has(target, release, there):
    main = (
        b"import esp32\nprint('has', sorted(n for n in dir(esp32) if '_on_' in n or 'hold' in n))"
    )
    options = {"target": target, "release": release, "i2c_pins": I2C_PINS[target]}
    with board(main, motor_pin=None, imu=None, **options) as b:
        b.run(1)
        (printed,) = re.findall(r"has (.*)", b.console)
        names = set(ast.literal_eval(printed)) - {"wake_on_touch", "wake_on_ulp"}
        assert names == set(there.split())


@pytest.mark.parametrize(
    ("target", "pins", "refused"),
    [
        ("esp32", "4,", True),
        ("esp32s3", "4,", True),
        ("esp32c3", "10,", True),
        ("esp32c3", "4, 5", False),
        ("esp32c6", "1, 2", False),
    ],
)
def test_which_chips_and_pads_a_gpio_wakes_from_deep_sleep(target, pins, refused):
    main = f"""
import esp32, machine
print('wake', machine.wake_reason())
if machine.wake_reason() == 0:
    esp32.wake_on_gpio([machine.Pin(p, machine.Pin.IN) for p in ({pins})], esp32.WAKEUP_ALL_LOW)
    machine.deepsleep(5_000)
"""
    driven = tuple((int(pin), 1) for pin in pins.split(",") if pin)
    options = {"target": target, "i2c_pins": I2C_PINS[target], "pins": driven}
    with board(main.encode(), motor_pin=None, imu=None, **options) as b:
        b.fault("pin", 2.0, number=driven[-1][0], level=0)
        b.run(4)
        assert ("ValueError" in b.console) == refused
        assert ("wake 7" in b.console) != refused
