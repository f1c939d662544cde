"""Deep sleep: what may and may not wake the board, and what becomes of a walk begun just then."""

from dataclasses import replace

import numpy as np
import pytest
from heelcue import boards, power

from host_tools.virtual_board import Board, Options, Stimulus
from host_tools.virtual_board.chips import board_options, imu_options
from host_tools.virtual_board.inprocess import bench
from host_tools.virtual_board.options import FIRMWARE
from tests.firmware.asking import ask

FILES = {"settings.json": b'{"sleep_after_s": 10, "cue_mode": "reactive"}'}


def rest(seconds: float) -> np.ndarray:
    """A foot at rest with a chip's noise, at 200 Hz."""
    noise = np.random.default_rng(1).normal(0, 2.0, (int(seconds * 200), 6))
    return np.rint(noise + np.array([0, 0, 2048, 0, 0, 0])).astype(np.int16)


def press(board: Board, button: int, seconds: float) -> None:
    """Hold the button for so long, and let it go."""
    board.fault("pin", number=button, level=0)
    board.run(seconds)
    board.fault("pin", number=button, level=1)


def on(name: str, imu: str | None = None, settings: bytes = FILES["settings.json"]) -> Options:
    """A board of the firmware's table that soon goes to sleep."""
    options = board_options(name, imu)
    return replace(options, files=options.files | {"settings.json": settings})


def falls_asleep_s(stimulus: Stimulus) -> float:
    """When a board on this foot goes to sleep."""
    with Board(Options(stimulus=stimulus, files=FILES)) as board:
        board.run(20)
        return board.trace.sleeps[0].t_us / 1e6


def test_motion_while_it_falls_asleep_does_not_leave_it_asleep(walk_samples):
    samples, rate_hz, _ = walk_samples
    walk = samples[: int(12 * rate_hz)]
    asleep_s = falls_asleep_s(Stimulus.from_samples(rest(60), 200))
    shaken = rest(3)
    shaken[:, :3] += np.random.default_rng(2).integers(-4000, 4000, (600, 3)).astype(np.int16)
    stimulus = Stimulus.from_samples(rest(asleep_s - 0.25), 200).then(shaken, 200)
    with Board(Options(stimulus=stimulus.then(walk, rate_hz), files=FILES)) as board:
        board.run(asleep_s + 14)
        assert sum(pulse.on_us / 1e6 > asleep_s + 4 for pulse in board.pulses()) >= 3


def test_an_imu_that_does_not_answer_while_it_falls_asleep_is_asked_again():
    asleep_s = falls_asleep_s(Stimulus.from_samples(rest(60), 200))
    gone = (asleep_s - 0.25, "imu_off", {"us": 300_000})
    options = Options(stimulus=Stimulus.from_samples(rest(60), 200), files=FILES, faults=[gone])
    with Board(options) as board:
        board.run(asleep_s + 20)
        assert [cause for _, cause in board.trace.reset_causes()] == ["hard"]
        assert board.trace.sleeps[-1].t_us / 1e6 > asleep_s + 5, "asleep at the second try"
        assert "Traceback" not in board.console


def test_stays_awake_where_the_interrupts_wire_was_left_out():
    """Asleep, no step would wake it."""
    imu = {**imu_options("mpu6050"), "int_pin": None}
    options = Options(stimulus=Stimulus.from_samples(rest(60), 200), files=FILES, imu=imu)
    with Board(options) as board:
        board.run(40)
        assert board.trace.sleeps == []
        assert '"ev": "fault"' not in board.console


def test_who_asks_keeps_it_awake():
    """The request just answered is younger than this turn of the loop: by that it fell asleep."""
    options = Options(stimulus=Stimulus.from_samples(rest(20), 200, loop=True), files=FILES)
    with Board(options) as board:
        for _ in range(40):
            ask(board, {"cmd": "get"}, 3)
        assert board.trace.sleeps == []
        board.run(70)
        assert len(board.trace.sleeps) == 1


def test_a_stream_into_a_cable_that_was_pulled_out_does_not_keep_it_awake_for_ever():
    """The UART sends on as if somebody listened; so does USB, once nobody takes its first bytes."""
    rule = "_STREAM_AWAKE_MS = const(1_800_000)"
    code = (FIRMWARE / "heelcue" / "wearer.py").read_text()
    assert rule in code
    files = FILES | {"heelcue/wearer.py": code.replace(rule, rule[:-10] + "90_000)").encode()}
    still = Stimulus.from_samples(rest(20), 200, loop=True)
    with Board(Options(stimulus=still, files=files)) as board:
        board.run(5)
        board.send('{"cmd": "stream", "raw": true}\n')
        board.run(80)
        assert board.trace.sleeps == [], "a minute after the request, and ten seconds of rest"
        board.run(40)
        assert len(board.trace.sleeps) == 1


@pytest.mark.parametrize("read", [True, False])
def test_a_stream_keeps_it_awake_only_while_somebody_reads(read: bool):
    """A cable pulled out in mid-stream: it stayed awake until the battery was empty."""
    costs = {} if read else {"uart_byte_ns": 10_000_000, "uart_fifo_bytes": 1}
    still = Stimulus.from_samples(rest(20), 200, loop=True)
    with Board(Options(stimulus=still, files=FILES, costs=costs)) as board:
        board.run(5)
        board.send('{"cmd": "stream", "raw": true}\n')
        board.run(120 if read else 200)
        assert len(board.trace.sleeps) == (0 if read else 1)


def test_off_stays_off_on_a_board_whose_button_cannot_wake_it():
    with Board(on("m5_atoms3")) as board:
        board.run(5)
        press(board, 41, 2)
        board.run(60)
        assert len(board.trace.sleeps) == 1
        assert board.resets == 0


def test_off_is_off_however_long_the_button_is_held():
    """Held for seven seconds it was off, and on again."""
    options = Options(stimulus=Stimulus.from_samples(rest(20), 200, loop=True))
    with Board(options) as board:
        board.run(4)
        board.fault("pin", number=0, level=0)
        board.run(15)
        board.fault("pin", number=0, level=1)
        board.run(10)
        assert board.resets == 0 and len(board.trace.sleeps) == 1


def test_a_button_that_stays_down_in_a_bag_keeps_nobody_awake(walk_samples):
    """Each sleep ended at once; a step still ends it."""
    samples, rate_hz, _ = walk_samples
    stimulus = Stimulus.from_samples(rest(60), 200).then(samples[: int(12 * rate_hz)], rate_hz)
    pressed = (falls_asleep_s(stimulus) - 0.3, "pin", {"number": 0, "level": 0})
    with Board(Options(stimulus=stimulus, files=FILES, faults=[pressed])) as board:
        board.run(58)
        assert len(board.trace.sleeps) == 1 and board.resets == 0
        board.run(14)
        assert len(board.pulses()) >= 3


def test_a_shoe_that_is_taken_off_and_laid_on_its_side_falls_asleep(walk_samples):
    """What was up is up no more: the mounting is unknown, and the walk is over all the same."""
    samples, rate_hz, _ = walk_samples
    on_its_side = rest(600)[:, [2, 0, 1, 3, 4, 5]]
    stimulus = Stimulus.from_samples(samples[: int(14 * rate_hz)], rate_hz).then(on_its_side, 200)
    with Board(Options(stimulus=stimulus, files=FILES)) as board:
        board.run(22)
        status = ask(board, {"cmd": "status"})
        assert status["strides"] > 5 and not status["walking"] and status["logged"] > 5
        board.run(70)
        assert len(board.trace.sleeps) == 1


@pytest.mark.parametrize("name", ["xiao_esp32c3", "xiao_esp32s3"])
def test_build_a_wakes_on_a_step_and_on_its_button(walk_samples, name):
    samples, rate_hz, _ = walk_samples
    xiao = boards.BOARDS[name]
    stimulus = Stimulus.from_samples(rest(30), 200).then(samples[: int(12 * rate_hz)], rate_hz)
    settings = b'{"sleep_after_s": 10, "motor_type": "lra", "drv_trigger": "on"}'
    options = replace(
        on(name, "lsm6dso", settings),
        stimulus=stimulus.then(rest(600), 200),
        haptic={"chip": "drv2605l", "motor": "lra", "trigger_pin": xiao["drv_trig"]},
    )
    with Board(options) as board:
        board.run(60)
        assert [record.b for record in board.trace.sleeps] == [1, 0, 1]
        assert board.trace.sleeps[1].t_us / 1e6 == pytest.approx(30.5, abs=1)
        assert sum(34e6 < pulse.on_us < 42e6 for pulse in board.pulses()) >= 4
        press(board, xiao["button"], 0.3)
        board.run(3)
        assert board.trace.sleeps[-1].b == 0
        assert not [event for event in board.events() if event["ev"] == "fault"]


def test_a_jammed_button_does_not_keep_it_awake_until_the_cell_is_flat():
    with Board(Options(files=FILES, pins=((0, 1),))) as board:
        board.run(5)
        board.fault("pin", number=0, level=0)
        board.run(60)
        (asleep,) = board.trace.sleeps
        assert asleep.b == 1 and 30 < asleep.t_us / 1e6 - 5 < 40


def test_muted_before_sleep_is_muted_after_it_and_not_after_off(walk_samples):
    samples, rate_hz, _ = walk_samples
    walk = samples[: int(12 * rate_hz)]
    stimulus = Stimulus.from_samples(rest(30), 200).then(walk, rate_hz)
    with Board(Options(stimulus=stimulus, files=FILES, pins=((0, 1),))) as board:
        board.run(5)
        for _ in range(2):
            press(board, 0, 0.15)
            board.run(0.15)
        board.run(22)
        assert len(board.trace.sleeps) == 1
        told = len(board.pulses())
        board.run(15)
        assert board.trace.sleeps[-1].b == 0 and len(board.pulses()) == told
        assert ask(board, {"cmd": "status"})["strides"] > 3
        press(board, 0, 2)
        board.run(3)
        press(board, 0, 0.3)
        board.run(4)
        assert not ask(board, {"cmd": "status"})["muted"]


def test_a_board_that_holds_its_own_supply_lets_go_of_it_when_off():
    """Else it sleeps at 1 mA; an empty cell, which also switches it off, would soon be flat."""
    stick = boards.BOARDS["m5stickc_plus2"]
    hold, button = stick["hold"], stick["button"]
    with Board(on("m5stickc_plus2"), traced_pins=(hold,)) as board:
        board.run(5)
        press(board, button, 2)
        board.run(60)
        levels = board.trace.pin_changes(hold)
        assert [level for _, level in levels] == [1, 0]
        assert board.trace.sleeps[0].t_us - levels[-1][0] < 10_000, "last of all"


@pytest.mark.parametrize("name", boards.BOARDS)
def test_a_c3_before_micropython_1_27_stays_awake_rather_than_asleep_for_good(name):
    board = boards.BOARDS[name]
    expected = board["wake"] is not None and board["imu_int"] is not None
    with bench():
        assert power.can_wake(board) == expected
    with bench(release=(1, 26)):
        assert power.can_wake(board) == (expected and board["wake"] != "gpio")


@pytest.mark.parametrize("release", [(1, 28), (1, 29)])
@pytest.mark.parametrize("name", boards.BOARDS)
def test_the_motor_is_held_off_while_the_board_is_off(name, release):
    """A pad that nobody drives floats, and a gate without a resistor follows: here, up.

    From MicroPython 1.29 on, nothing can hold the C3's pad: there it needs the resistor.
    """
    board_data = boards.BOARDS[name]
    motor, button = board_data["motor"], board_data["button"]
    resistor = release == (1, 29) and board_data["mcu"] == "ESP32-C3"
    options = on(name)
    floating = options.pulled_up if resistor else (*options.pulled_up, motor)
    with Board(options, release=release, pulled_up=floating) as board:
        board.run(5)
        press(board, button, 2)
        board.run(60)
        asleep_us = board.trace.sleeps[0].t_us
        assert all(p.off_us is not None and p.off_us <= asleep_us for p in board.pulses())
        press(board, button, 0.2)
        board.run(4)
        if board_data["wake"] is not None:
            assert board.console.count('"ev": "hello"') == 2
            ask(board, {"cmd": "buzz"})
            assert board.pulses()[-1].on_us > asleep_us + 60e6, "and let go again"
