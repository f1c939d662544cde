"""The board runs scripts: console, time, timers, resets, repeatability."""

import re
from pathlib import Path

import pytest

from host_tools.virtual_board import Board

HELLO = b"import machine, time\nprint('up', machine.reset_cause())\n"


def board(main: bytes, **options) -> Board:
    """A board with nothing on its flash but this main.py."""
    return Board(firmware=None, files={"main.py": main}, **options)


def test_boots_prints_and_prompts() -> None:
    with board(HELLO) as b:
        b.run(1)
        assert b.console.startswith("up 1\n")
        assert b.console.endswith("\n>>> ")


def test_one_shot_timer_ends_a_pulse_to_the_microsecond() -> None:
    main = b"""
import machine, time
pwm = machine.PWM(machine.Pin(25), freq=20000, duty_u16=0)
timer = machine.Timer(0)
timer.init(mode=machine.Timer.ONE_SHOT, period=150, callback=lambda t: pwm.duty_u16(0))
start = time.ticks_us()
pwm.duty_u16(32768)
time.sleep_ms(400)
"""
    with board(main) as b:
        b.run(1)
        (pulse,) = b.pulses()
        length_us = pulse.off_us - pulse.on_us
        # armed two calls (18 us each) before, ended one callback (68 us) after the alarm
        assert length_us == 150_000 - 36 + 68
        assert pulse.strength == pytest.approx(0.5, abs=1e-4)


def test_exception_in_main_is_printed_without_the_boards_own_frames() -> None:
    with board(b"def f():\n    return 1 // 0\nf()\n") as b:
        b.run(1)
        assert "ZeroDivisionError: divide by zero" in b.console
        assert 'File "main.py", line 2, in f' in b.console
        assert not re.search(r"virtual_board", b.console.split("MicroPython")[0])


def test_soft_reset_runs_main_again_with_its_cause() -> None:
    with board(HELLO) as b:
        b.run(1)
        b.send(b"\x04")
        b.run(1)
        assert "MPY: soft reboot\nup 5\n" in b.console
        assert [cause for _, cause in b.trace.reset_causes()] == ["soft"]


def test_hard_reset_and_watchdog() -> None:
    main = b"""
import machine, time
cause = machine.reset_cause()
print('cause', cause)
if cause == machine.PWRON_RESET:
    machine.reset()
if cause == machine.HARD_RESET:
    machine.WDT(timeout=2000)
    time.sleep(5)
"""
    with board(main) as b:
        b.run(4)
        assert re.findall(r"cause (\d)", b.console) == ["1", "2", "3"]
        causes = b.trace.reset_causes()
        assert [cause for _, cause in causes] == ["hard", "watchdog"]
        assert causes[1][0] - causes[0][0] == pytest.approx(2_250_000, abs=3_000)


def test_flash_keeps_files_over_boards(tmp_path: Path) -> None:
    main = b"""
with open('kept', 'a') as f:
    f.write('x')
print(open('kept').read())
"""
    for count in (1, 2, 3):
        with Board(firmware=None, files={"main.py": main}, folder=tmp_path) as b:
            b.run(2)
            assert b.console.startswith("x" * count + "\n")


def test_runs_repeat_exactly() -> None:
    main = b"""
import machine, time, os
i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
i2c.writeto_mem(0x68, 0x6B, b'\\x01')
led = machine.Pin(2, machine.Pin.OUT)
for k in range(40):
    led.toggle()
    print(time.ticks_us(), i2c.readfrom_mem(0x68, 0x3B, 14))
    time.sleep_ms(7)
    if k % 10 == 0:
        open('log', 'a').write('line %d' % k)
"""
    seen = []
    for _ in range(2):
        with board(main, traced_pins=(2,)) as b:
            b.run(2)
            seen.append((b.console, b.trace.pins, b.trace.console, b.stats))
    assert seen[0] == seen[1]
    assert len(seen[0][1]) == 40


def test_the_sample_path_of_the_board_allocates_nothing() -> None:
    """So that the firmware's own path can be run with the heap locked, on the board."""
    main = b"""
import machine, time, micropython
i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
for r, v in ((0x6B, 1), (0x1A, 1), (0x19, 4), (0x23, 0x78), (0x6A, 4), (0x6A, 0x40), (0x37, 0xB0),
             (0x38, 1)):
    i2c.writeto_mem(0x68, r, bytes((v,)))
two, twelve = bytearray(2), bytearray(12)
line = machine.Pin(4, machine.Pin.IN)
pwm = machine.PWM(machine.Pin(25), freq=20000, duty_u16=0)
timer = machine.Timer(0)
def off(_):
    pwm.duty_u16(0)
def turns(count):
    for _ in range(count):
        time.sleep_ms(5)
        if line.value() == 0:
            i2c.readfrom_mem_into(0x68, 0x72, two)
            i2c.readfrom_mem_into(0x68, 0x74, twelve)
        time.ticks_us()
        pwm.duty_u16(1000)
        timer.init(mode=machine.Timer.ONE_SHOT, period=3, callback=off)
turns(3)
micropython.heap_lock()
turns(100)
micropython.heap_unlock()
print('free of allocation')
"""
    with board(main) as b:
        b.run(3)
        assert b.console.startswith("free of allocation\n")
        assert len(b.pulses()) == 103


def test_scheduled_functions_and_input() -> None:
    main = b"""
import micropython, time
def later(value):
    print('later', value)
micropython.schedule(later, 7)
print('first')
time.sleep_ms(1)
name = input('name? ')
print('hello', name)
"""
    with board(main) as b:
        b.run(1)
        b.send("Ada\r")
        b.run(1)
        assert b.console.startswith("first\nlater 7\nname? Ada\nhello Ada\n")
