"""machine, time and esp32 as the ESP32 port has them; what hangs on the pins."""

import errno
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.virtual_board.device.trace import MOTOR
from host_tools.virtual_board.inprocess import build, device
from host_tools.virtual_board.trace import Record, Trace

machine = device("machine")
esp32 = device("esp32")
board_time = device("time")


def pulses(board: Any) -> list[tuple[int, int | None, float]]:
    """Motor pulses of an in-process board."""
    trace = Trace()
    for kind, t, a, b, c, t2 in board.trace.records:
        if kind == MOTOR:
            trace.add(Record(kind, a, b, c, t, t2))
    return [(p.on_us, p.off_us, round(p.strength, 3)) for p in trace.pulses()]


# --- time ---


@given(st.integers(0, (1 << 30) - 1), st.integers(-(1 << 29), (1 << 29) - 1))
def test_ticks_wrap_at_2_to_the_30(start: int, delta: int) -> None:
    end = board_time.ticks_add(start, delta)
    assert 0 <= end < 1 << 30
    assert board_time.ticks_diff(end, start) == delta


def test_ticks_cross_the_wrap() -> None:
    build(ticks_start_ms=(1 << 30) - 1000)
    start = board_time.ticks_ms()
    board_time.sleep_ms(1500)
    assert board_time.ticks_ms() < start
    assert board_time.ticks_diff(board_time.ticks_ms(), start) == 1500


def test_time_passes_by_costs_only() -> None:
    board = build()
    assert board.clock.now == 0
    for _ in range(10):
        board_time.ticks_us()
    assert board.clock.now == 10 * board.costs["call_us"]


def test_calendar_starts_in_2000() -> None:
    build()
    assert board_time.gmtime(0)[:6] == (2000, 1, 1, 0, 0, 0)
    for seconds in (0, 5_097_600, 68_256_000, 789_000_000):
        assert board_time.mktime(board_time.gmtime(seconds)) == seconds


# --- pins ---


@pytest.mark.parametrize("number", [6, 11, 20, 24, 28, 31, 40, -1])
def test_pins_that_do_not_exist(number: int) -> None:
    build()
    with pytest.raises(ValueError, match="invalid pin"):
        machine.Pin(number)


def test_input_only_pins() -> None:
    build()
    with pytest.raises(ValueError, match="pin can only be input"):
        machine.Pin(34, machine.Pin.OUT)
    assert machine.Pin(34, machine.Pin.IN).value() == 0


def test_flash_pins_of_the_other_chips() -> None:
    build(target="esp32c3", i2c_pins=(7, 6), motor_pin=10, pulled_up=(6, 7))
    with pytest.raises(ValueError, match="invalid pin"):
        machine.Pin(12)
    with pytest.raises(ValueError, match="invalid Timer number"):
        machine.Timer(2)
    build(target="esp32s3", i2c_pins=(6, 5), motor_pin=9, pulled_up=(5, 6))
    assert machine.Pin(47, machine.Pin.OUT, value=1).value() == 1


def test_open_drain_and_pulls() -> None:
    board = build()
    pin = machine.Pin(15, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    assert pin.value() == 1
    board.lines[15].drive(0)
    assert pin.value() == 0
    board.lines[15].drive(None)
    pin.value(0)
    assert pin.value() == 0


def test_pin_interrupts_are_soft_and_never_nest() -> None:
    board = build()
    seen = []

    def handler(pin: Any) -> None:
        seen.append(("in", pin.value()))
        board.lines[5].drive(1 - board.lines[5].level)
        board_time.sleep_us(10)
        seen.append("out")
        if len(seen) > 8:
            pin.irq(handler=None)

    machine.Pin(5, machine.Pin.IN).irq(handler, machine.Pin.IRQ_RISING)
    board.lines[5].drive(1)
    assert seen == []  # the edge alone runs nothing
    board.lines[5].drive(0)
    board_time.sleep_us(1)
    assert seen[:2] == [("in", 0), "out"]
    assert "in" not in [entry[0] for entry in seen[1::2]]


def test_a_ninth_callback_waiting_is_dropped() -> None:
    board = build()
    hits = []
    machine.Pin(5, machine.Pin.IN).irq(hits.append, machine.Pin.IRQ_RISING)
    for _ in range(20):
        board.lines[5].drive(1)
        board.lines[5].drive(0)
    board_time.sleep_us(1)
    assert (len(hits), board.clock.dropped) == (8, 12)


# --- timers, PWM, RMT ---


def test_timer_refuses_what_the_port_refuses() -> None:
    build()
    with pytest.raises(ValueError, match="hard Timers are not implemented"):
        machine.Timer(0).init(period=1, hard=True)
    with pytest.raises(ValueError, match="invalid Timer number, max 4"):
        machine.Timer(4)
    with pytest.raises(ValueError, match="invalid Timer number"):
        machine.Timer(-1)


def test_a_timer_may_not_be_set_for_ever() -> None:
    """The port's count of references, eight bits, runs over: on hardware the clock stops."""
    build()
    timers = machine.Timer(0), machine.Timer(2)  # both in the place of the group's first
    for k in range(253):
        timers[k % 2].init(period=10, callback=None)
    with pytest.raises(RuntimeError, match="number 254"):
        timers[0].init(period=10, callback=None)
    machine.Timer(1).init(period=10, callback=None)


def test_periodic_timer_keeps_its_pace_under_load() -> None:
    board = build()
    hits = []
    machine.Timer(1, period=10, callback=lambda timer: hits.append(board.clock.now))
    for _ in range(100):
        board.clock.spend(3_700)
    assert [t // 10_000 for t in hits] == list(range(1, 38))


@given(st.integers(1, 500), st.integers(1, 65535))
def test_motor_trace_of_pwm(pulse_ms: int, duty: int) -> None:
    board = build()
    pwm = machine.PWM(machine.Pin(25), freq=20_000, duty_u16=0)
    timer = machine.Timer(0)
    pwm.duty_u16(duty)
    timer.init(mode=0, period=pulse_ms, callback=lambda t: pwm.duty_u16(0))
    board_time.sleep_ms(600)
    ((on_us, off_us, strength),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(pulse_ms * 1000, abs=100)
    assert strength == pytest.approx(duty / 65535, abs=1e-3)


def test_pwm_limits() -> None:
    board = build()
    pwm = machine.PWM(machine.Pin(25), freq=1000, duty=512)
    assert pwm.duty() == 512
    for bad in (-1, 65536):
        with pytest.raises(ValueError):
            pwm.duty_u16(bad)
    with pytest.raises(ValueError):
        pwm.freq(0)
    pwm.deinit()
    assert pulses(board)[0][1] is not None


def test_rmt_plays_a_pulse_that_ends_without_the_processor() -> None:
    board = build()
    rmt = esp32.RMT(0, pin=machine.Pin(25), clock_div=80, idle_level=False)
    # 20 ms on, then 10 periods of 10 ms at 40 %
    rmt.write_pulses([20_000, *[4_000, 6_000] * 10], [1, *[1, 0] * 10])
    board.stall(300_000)  # nothing runs, nothing is called
    ((on_us, off_us, strength),) = pulses(board)
    assert strength == 1.0
    assert off_us is not None
    assert off_us - on_us == 120_000
    assert rmt.wait_done()


@given(
    st.lists(st.integers(1, 32767), min_size=1, max_size=40),
    st.integers(0, 1),
)
def test_rmt_folding_keeps_length_and_on_time(durations: list[int], first: int) -> None:
    levels = [first ^ (k & 1) for k in range(len(durations))]
    parts = device("rmt").strengths(durations, levels)
    assert sum(us for us, _ in parts) == sum(durations)
    on = sum(us for us, level in zip(durations, levels, strict=True) if level)
    assert sum(us * strength / 65535 for us, strength in parts) == pytest.approx(
        on, abs=len(durations)
    )


@pytest.mark.parametrize(
    ("target", "left_ms", "off_after_ms"),
    [("esp32", 200, 200), ("esp32", 400, None), ("esp32s3", 400, 0)],
)
def test_the_plain_esp32_cannot_stop_a_pulse_that_plays(
    target: str, left_ms: int, off_after_ms: int | None
) -> None:
    """It waits for the end with interrupts off, until the interrupt watchdog resets the board."""
    board = build(target=target, i2c_pins=(6, 5), motor_pin=9) if target != "esp32" else build()
    rmt = esp32.RMT(0, pin=machine.Pin(25 if target == "esp32" else 9), clock_div=80)
    rmt.write_pulses([20_000] * (left_ms // 20), [1] * (left_ms // 20))
    if off_after_ms is None:
        with pytest.raises(device("board").BoardReset) as reset:
            rmt.deinit()
        assert reset.value.args == (3,)
        return
    rmt.deinit()
    ((on_us, off_us, _),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(off_after_ms * 1000, abs=1000)


def test_a_pin_set_up_anew_is_no_longer_the_rmts() -> None:
    board = build()
    pin = machine.Pin(25)
    rmt = esp32.RMT(0, pin=pin, clock_div=80)
    rmt.write_pulses([20_000] * 20, [1] * 20)
    board_time.sleep_ms(50)
    pin.value(0)  # has no say while the pad is routed to the peripheral
    board_time.sleep_ms(50)
    pin.init(machine.Pin.OUT, value=0)
    board_time.sleep_ms(50)
    ((on_us, off_us, _),) = pulses(board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(100_000, abs=1000)
    assert not rmt.wait_done(), "it plays on"


def test_rmt_limits() -> None:
    build()
    rmt = esp32.RMT(1, pin=machine.Pin(25), clock_div=80)
    for bad in ([0], [32768], []):
        with pytest.raises(ValueError):
            rmt.write_pulses(bad, 1)
    rmt.deinit()
    with pytest.raises(ValueError):
        rmt.wait_done()


# --- buses ---


def i2c(**options: Any) -> tuple[Any, Any]:
    board = build(**options)
    bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
    return board, bus


def test_scan_and_nobody_there() -> None:
    _, bus = i2c(haptic={"chip": "drv2605l"})
    assert bus.scan() == [0x5A, 0x68]
    with pytest.raises(OSError) as caught:
        bus.readfrom_mem(0x19, 0, 1)
    assert caught.value.errno == errno.ENODEV


def test_no_wire_where_nothing_is_connected() -> None:
    build()
    bus = machine.I2C(1, scl=machine.Pin(33), sda=machine.Pin(32))
    assert bus.scan() == []


def test_transfers_cost_their_bits() -> None:
    board, bus = i2c()
    buf = bytearray(12)
    before = board.clock.now
    bus.readfrom_mem_into(0x68, 0x3B, buf)
    took = board.clock.now - before
    bits_us = (3 + 12) * 9 / 0.4
    assert took == pytest.approx(bits_us + board.costs["i2c_transfer_us"] + 12, abs=3)


def test_nack_fault_hits_so_many_transfers() -> None:
    board, bus = i2c()
    board.faults.add(1000, "nack", {"count": 2})
    board_time.sleep_ms(2)
    for _ in range(2):
        with pytest.raises(OSError):
            bus.readfrom_mem(0x68, 0x75, 1)
    assert bus.readfrom_mem(0x68, 0x75, 1) == b"\x68"


def test_stuck_bus_needs_nine_clocks() -> None:
    board, bus = i2c()
    board.faults.add(1000, "stuck_bus", {})
    board_time.sleep_ms(2)
    with pytest.raises(OSError) as caught:
        bus.readfrom_mem(0x68, 0x75, 1)
    assert caught.value.errno == errno.ETIMEDOUT
    scl = machine.Pin(22, machine.Pin.OPEN_DRAIN, value=1)
    sda = machine.Pin(21, machine.Pin.OPEN_DRAIN, value=1)
    for clocks in range(9):
        assert sda.value() == 0, clocks
        scl.value(0)
        scl.value(1)
    assert sda.value() == 1
    again = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
    assert again.readfrom_mem(0x68, 0x75, 1) == b"\x68"


def test_battery_behind_its_divider() -> None:
    board = build(battery={"pin": 35, "high_ohm": 100_000, "low_ohm": 100_000})
    adc = machine.ADC(machine.Pin(35), atten=machine.ADC.ATTN_11DB)
    assert adc.read_uv() == 1_950_000
    board.faults.add(board.clock.now + 10, "battery", {"mv": 3300})
    board_time.sleep_ms(1)
    assert adc.read_uv() == 1_650_000
    assert machine.ADC(machine.Pin(35), atten=machine.ADC.ATTN_0DB).read_uv() == 950_000
    with pytest.raises(ValueError):
        machine.ADC(machine.Pin(23))


# --- DRV2605L (SLOS854D) ---


class Drv:
    """The haptic chip on the bus."""

    def __init__(self, **haptic: Any) -> None:
        self.board, self.i2c = i2c(haptic={"chip": "drv2605l", **haptic})

    def get(self, register: int) -> int:
        return self.i2c.readfrom_mem(0x5A, register, 1)[0]

    def set(self, register: int, value: int) -> None:
        self.i2c.writeto_mem(0x5A, register, bytes((value,)))


def test_drv2605l_reset_values() -> None:
    chip = Drv()
    assert chip.get(0x00) >> 5 == 7
    assert chip.get(0x01) == 0x40
    chip.set(0x16, 0x11)
    chip.set(0x01, 0x80)
    assert chip.get(0x16) == 0x3E


def test_drv2605l_plays_a_sequence_with_a_pause() -> None:
    chip = Drv(motor="erm", rated=0x3E)
    chip.set(0x01, 0x00)
    chip.set(0x03, 2)  # library B: for motors of 3 V
    for slot, value in enumerate((15, 0x80 | 10, 15, 0)):
        chip.set(0x04 + slot, value)
    chip.set(0x1D, 0x80)  # closed loop
    chip.set(0x0C, 1)
    board_time.sleep_ms(2000)
    assert chip.get(0x0C) == 0
    first, second = pulses(chip.board)
    assert [p[1] - p[0] for p in (first, second)] == [750_000, 750_000]
    assert second[0] - first[1] == 100_000
    assert first[2] == 1.0


def test_drv2605l_stays_silent_in_standby_and_stops_on_go_0() -> None:
    chip = Drv()
    chip.set(0x0C, 1)
    board_time.sleep_ms(10)
    assert pulses(chip.board) == []
    chip.set(0x01, 0x00)
    chip.set(0x04, 118)
    chip.set(0x0C, 1)
    board_time.sleep_ms(120)
    chip.set(0x0C, 0)
    ((on_us, off_us, _),) = pulses(chip.board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(120_000, abs=1000)


def test_drv2605l_real_time_playback() -> None:
    chip = Drv(motor="lra", rated=0x50)
    chip.set(0x1A, 0xB6)
    chip.set(0x16, 0x50)
    chip.set(0x01, 0x05)
    chip.set(0x02, 0x40)
    board_time.sleep_ms(50)
    chip.set(0x02, 0x00)
    ((_, _, strength),) = pulses(chip.board)
    assert strength == pytest.approx(0.5, abs=0.01)


def test_drv2605l_level_trigger_needs_no_bus() -> None:
    chip = Drv(trigger_pin=26)
    chip.set(0x01, 0x02)
    chip.set(0x04, 118)
    moved = chip.board.wires[0].bytes
    trigger = machine.Pin(26, machine.Pin.OUT, value=0)
    trigger.on()
    board_time.sleep_ms(80)
    trigger.off()
    ((on_us, off_us, _),) = pulses(chip.board)
    assert off_us is not None
    assert off_us - on_us == pytest.approx(80_000, abs=100)
    assert chip.board.wires[0].bytes == moved


@pytest.mark.parametrize(
    ("motor", "feedback", "works"),
    [("erm", 0x36, True), ("lra", 0xB6, True), ("erm", 0xB6, False), ("none", 0x36, False)],
)
def test_drv2605l_auto_calibration(motor: str, feedback: int, works: bool) -> None:
    chip = Drv(motor=motor)
    chip.set(0x1A, feedback)
    chip.set(0x01, 0x07)
    chip.set(0x0C, 1)
    board_time.sleep_ms(300)
    assert chip.get(0x0C) == 1
    board_time.sleep_ms(500)
    assert chip.get(0x0C) == 0
    assert bool(chip.get(0x00) & 0x08) != works
