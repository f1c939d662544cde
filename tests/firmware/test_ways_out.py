"""Start and end on the virtual board: boot window, safe mode, Ctrl-C, crashes, the watchdog."""

import heelcue
import pytest

from host_tools.virtual_board import Board, Options
from tests.firmware.asking import after_sign, ask

BUTTON, LAMP = 0, 2  # of the ESP32 dev kit


def motor_is_off(board: Board) -> bool:
    """Whether the last pulse has ended."""
    return all(pulse.off_us is not None for pulse in board.pulses())


def test_ctrl_c_in_the_boot_window_leaves_the_repl_and_nothing_armed(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(0.8)
        board.send(b"\x03")
        board.run(40)
        assert board.console.rstrip().endswith(">>>")
        assert board.resets == 0
        assert board.pulses() == []


def test_button_held_at_boot_means_safe_mode(walking):
    with Board(Options(stimulus=walking, pins=((BUTTON, 0),))) as board:
        board.run(40)
        assert "safe mode" in board.console
        assert board.console.rstrip().endswith(">>>")
        assert board.resets == 0


def test_button_pressed_for_a_moment_does_not_stop_the_start(walking):
    let_go = (1.0, "pin", {"number": BUTTON, "level": 1})
    options = Options(stimulus=walking, pins=((BUTTON, 0),), faults=[let_go])
    with Board(options) as board:
        board.run(3)
        assert '"ev": "hello"' in board.console


def test_button_pressed_within_the_window_and_held_means_safe_mode(walking):
    """GPIO0 held during the reset itself would start the ROM's loader: it is pressed later."""
    pressed = (0.9, "pin", {"number": BUTTON, "level": 0})
    with Board(Options(stimulus=walking, pins=((BUTTON, 1),), faults=[pressed])) as board:
        board.run(5)
        assert "safe mode" in board.console


def hellos_ms(board: Board) -> list[int]:
    """Virtual times of the application's hellos."""
    return [event["t_us"] // 1000 for event in board.events() if event["ev"] == "hello"]


def start_now(board: Board) -> int:
    """Stop the application, ask for a start without window; returns the time of asking in ms."""
    board.send(b"\x03")
    board.run(0.5)
    board.send(f"import machine; machine.RTC().memory({heelcue.START_NOW!r})\r")
    board.run(0.1)
    board.send(b"\x04")
    return board.trace.now_us // 1000


def test_a_host_can_ask_for_one_start_without_the_window(walking):
    """The start takes the window's 1.5 s less; the next one opens the window again."""
    with Board(Options(stimulus=walking)) as board:
        board.run(4)
        plain_ms = hellos_ms(board)[0] - 250  # from boot.py on
        asked_ms = start_now(board)
        board.run(4)
        assert hellos_ms(board)[1] - asked_ms < plain_ms - 1300
        asked_ms = board.trace.now_us // 1000
        board.send(b"\x03")
        board.run(0.5)
        board.send(b"\x04")
        board.run(4)
        assert hellos_ms(board)[2] - asked_ms > 1500


def test_without_the_window_the_button_still_means_safe_mode(walking):
    pressed = (5.0, "pin", {"number": BUTTON, "level": 0})
    with Board(Options(stimulus=walking, faults=[pressed])) as board:
        board.run(4.4)
        board.send(b"\x03")
        board.run(1.0)
        start_now(board)
        board.run(4)
        assert "safe mode" in board.console
        assert len(hellos_ms(board)) == 1


LONG_PULSE = b'{"pulse_ms": 500}'


@pytest.mark.parametrize("during_a_pulse", [True, False])
def test_ctrl_c_ends_the_application_in_order(walking, during_a_pulse):
    with Board(Options(stimulus=walking, files={"settings.json": LONG_PULSE})) as board:
        board.run(8)
        while not board.pulses() or (board.pulses()[-1].off_us is None) != during_a_pulse:
            board.run(0.05)
        asked_us = board.trace.now_us
        board.send(b"\x03")
        board.run(0.8)  # the RMT plays what it has begun, to a pin that is no longer its own
        assert board.console.rstrip().endswith(">>>")
        assert motor_is_off(board)
        assert board.pulses()[-1].off_us - asked_us < 20_000, "by Ctrl-C, not by its own end"
        count = len(board.pulses())
        # Longer than the application's watchdog: at the prompt, and after a soft reset into the
        # raw REPL as mpremote does it
        board.run(20)
        board.send(b"\x01\x04")
        board.run(20)
        assert board.resets <= 1  # the soft reset itself
        assert all(cause == "soft" for _, cause in board.trace.reset_causes())
        assert len(board.pulses()) == count


def test_second_ctrl_c_cannot_spoil_the_end(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(8)
        board.send(b"\x03")
        board.run(0.002)
        board.send(b"\x03\x03")
        board.run(20)
        assert motor_is_off(board)
        assert board.resets == 0


@pytest.mark.parametrize("later_us", range(250, 2250, 250))
def test_second_ctrl_c_at_any_moment_of_the_end_leaves_the_motor_off(walking, later_us):
    files = {"settings.json": b'{"motor_drive": "pwm", "pulse_ms": 500}'}
    with Board(Options(stimulus=walking, files=files)) as board:
        board.run(6)
        while not board.pulses() or board.pulses()[-1].off_us is not None:
            board.run(0.02)
        asked_us = board.trace.now_us
        board.send(b"\x03")
        board.run(later_us / 1e6)
        board.send(b"\x03")
        board.run(10)
        assert board.pulses()[-1].off_us - asked_us < 20_000, "by Ctrl-C, not by its own end"
        assert board.resets == 0, "the watchdog was put off"


def test_repl_command_ends_the_application(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(4)
        assert ask(board, {"cmd": "repl"})["ok"]
        board.run(20)
        assert board.console.rstrip().endswith(">>>")
        assert board.resets == 0


def test_reset_command_starts_anew(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(4)
        assert ask(board, {"cmd": "reset"})["ok"]
        board.run(4)
        assert board.console.count('"ev": "hello"') == 2


SCHEDULER = b"""
class Scheduler:
    pulse_ms, strength_pct, faded = 500, 100, 0
    def fade_on(self, faded):
        pass
"""

CRASHING = (
    SCHEDULER
    + b"""
class Pipeline:
    scheduler = Scheduler()
    def __init__(self, *_):
        self.n = 0
        self.walking = self.steady = False
    def step(self, samples, i):
        self.n += 1
        if self.n > 200:
            raise ValueError("boom")
        return 0
"""
)


def test_crashes_restart_twice_then_leave_the_repl(walking):
    with Board(Options(stimulus=walking, files={"heelcue/pipeline.py": CRASHING})) as board:
        board.run(60)
        assert board.console.count("ValueError: boom") == 3
        assert "crashed 3 times in a row" in board.console
        assert [cause for _, cause in board.trace.reset_causes()] == ["hard", "hard"]
        assert board.console.rstrip().endswith(">>>")


def test_what_goes_wrong_on_the_way_out_of_a_crash_keeps_no_board_from_starting_again(walking):
    """As where there is no memory to close with: it sat at the REPL, the watchdog a day away."""
    worse = CRASHING.replace(b"raise", b"self.scheduler = None; raise")
    with Board(Options(stimulus=walking, files={"heelcue/pipeline.py": worse})) as board:
        board.run(60)
        assert board.console.count("ValueError: boom") == 3
        assert "crashed 3 times in a row" in board.console
        assert [cause for _, cause in board.trace.reset_causes()] == ["hard", "hard"]
        assert board.console.rstrip().endswith(">>>")


def test_the_light_goes_out_with_the_application():
    """In the middle of a pattern it stayed on, at the REPL and until somebody pulled the plug."""
    with Board(Options(traced_pins=(LAMP,))) as board:
        board.run(4)
        board.send('{"cmd": "buzz", "ms": 500}\n')
        board.run(0.2)
        assert board.trace.pins[-1].b == 1
        board.send(b"\x03")
        board.run(2)
        assert board.trace.pins[-1].b == 0


CUES_AND_CRASHES = (
    SCHEDULER
    + b"""
class Pipeline:
    scheduler = Scheduler()
    def __init__(self, *_):
        self.n = 0
        self.walking = self.steady = False
    def step(self, samples, i):
        self.n += 1
        if self.n == 210:
            raise ValueError("boom")
        return 8 if self.n == 200 else 0
"""
)


@pytest.mark.parametrize("drive", ["pwm", "rmt"])
def test_a_crash_in_the_middle_of_a_cue_switches_the_motor_off(walking, drive):
    files = {
        "heelcue/pipeline.py": CUES_AND_CRASHES,
        "settings.json": b'{"motor_drive": "%s"}' % drive.encode(),
    }
    with Board(Options(stimulus=walking, files=files)) as board:
        board.run(20)
        assert "crashed 3 times in a row" in board.console
        cues = after_sign(board)
        assert len(cues) == 3
        assert all(pulse.off_us - pulse.on_us < 80_000 for pulse in cues), "50 ms to the crash"


HANGING = CRASHING.replace(b'raise ValueError("boom")', b"while True: pass")


def test_a_hanging_loop_is_reset_by_the_watchdog_and_counted(walking):
    hang = HANGING.replace(b"while True: pass", b"import time\n            time.sleep(60)")
    with Board(Options(stimulus=walking, files={"heelcue/pipeline.py": hang})) as board:
        board.run(16)
        assert ("watchdog") in [cause for _, cause in board.trace.reset_causes()]
        assert '"watchdog"' in board.console
