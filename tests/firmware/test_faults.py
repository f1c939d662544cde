"""Every fault on the virtual board: answered as faults.py says, counted, motor off, and over it."""

import pytest
from heelcue import faults

from host_tools.virtual_board import Board, Options, Stimulus
from tests.firmware.asking import ask, fault_counts

LONGEST_PULSE_US = 402_000  # the first of a fault's pattern, and a callback


def test_an_overflow_is_no_reason_to_start_the_chip_again(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(12)
        board.fault("stall", us=900_000)
        board.run(4)
        assert fault_counts(board) == {"fifo_overflow": 1}


def test_a_stuck_bus_is_freed_by_nine_clocks_at_once(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(12)
        board.fault("stuck_bus")
        board.run(2)
        assert fault_counts(board) == {"imu_bus": 1}, "without clocks it takes more tries"


def cues_between(board: Board, start_s: float, end_s: float) -> int:
    """How many pulses began in a span of virtual time."""
    return sum(start_s <= pulse.on_us / 1e6 < end_s for pulse in board.pulses())


@pytest.fixture(scope="module")
def samples_of_24_s(walk_samples) -> int:
    """The sample index after 24 s when nothing goes wrong."""
    samples, rate_hz, _ = walk_samples
    with Board(Options(stimulus=Stimulus.from_samples(samples, rate_hz, loop=True))) as board:
        board.run(24)
        return ask(board, {"cmd": "status"})["n"]


@pytest.mark.parametrize("at_s", [11.999, 12.0, 12.001, 12.0025])
def test_an_overflow_at_any_instant_of_a_read_is_counted(walking, samples_of_24_s, at_s):
    """Between the FIFO's count and its data it left 1012 bytes: 84 packets of shifted values."""
    with Board(Options(stimulus=walking)) as board:
        board.run(at_s)
        board.fault("fifo_overflow", samples=40)
        board.run(24 - at_s)
        status = ask(board, {"cmd": "status"})
        assert status["faults"] == {"fifo_overflow": 1}
        assert abs(status["n"] - samples_of_24_s) <= 3


@pytest.mark.parametrize(
    ("name", "options", "counted"),
    [
        ("nack", {"count": 3}, "imu_bus"),
        ("stuck_bus", {}, "imu_bus"),
        ("imu_reset", {}, "imu_silent"),
        ("fifo_overflow", {"samples": 40}, "fifo_overflow"),
        ("stall", {"us": 900_000}, "fifo_overflow"),
        ("imu_off", {"us": 3_000_000}, "imu_bus"),
        ("frozen", {"us": 8_000_000}, "imu_frozen"),
        ("saturated", {"us": 5_000_000}, "imu_saturated"),
        ("bad_reads", {"count": 6}, "imu_bus"),
    ],
)
def test_fault_is_counted_and_overcome(walking, samples_of_24_s, name, options, counted):
    with Board(Options(stimulus=walking)) as board:
        board.run(12)
        board.fault(name, **options)
        board.run(12)
        status = ask(board, {"cmd": "status"})
        assert status["faults"].get(counted, 0) >= 1
        # what was lost is known to two samples and a half, so event times stay right; the two
        # answers are given up to a sample apart
        assert abs(status["n"] - samples_of_24_s) <= 3
        board.run(14)
        assert cues_between(board, 26, 39) >= 9, "the cues came back"
        assert all(
            pulse.off_us - pulse.on_us < LONGEST_PULSE_US
            for pulse in board.pulses()
            if pulse.off_us
        )
        assert board.resets == 0


@pytest.mark.parametrize("options", [{"absent": True}, {"identity": 0x55}])
def test_missing_or_unknown_imu_is_told_in_words_and_buzzes(options):
    imu = {"chip": "mpu6050", "identity": 0x68, "address": 0x68, "int_pin": 4} | options
    with Board(Options(imu=imu)) as board:
        board.run(30)
        hello = board.events()[0]
        assert hello["imu"] is None
        assert "no IMU" in hello["error"]
        assert fault_counts(board)["imu_missing"] > 5
        assert board.pulses(), "the coded pattern on the motor"
        assert board.pulses()[0].off_us - board.pulses()[0].on_us > 390_000


def test_an_imu_that_comes_late_is_taken(walking):
    late = (0.1, "imu_off", {"us": 8_000_000})
    with Board(Options(stimulus=walking, faults=[late])) as board:
        board.run(30)
        status = ask(board, {"cmd": "status"})
        assert status["imu"] == "MPU6050"
        assert status["n"] > 20 * 195


def test_brown_out_resets_with_the_motor_off_and_goes_on(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(12)
        board.fault("brownout")
        board.run(12)
        assert board.resets == 1
        assert all(pulse.off_us for pulse in board.pulses()[:-1])
        found = fault_counts(board)
        assert found == {"brown_out": 1}
        board.run(10)
        assert ask(board, {"cmd": "status"})["n"] > 15 * 195


def test_a_recording_that_the_supply_cut_off_is_kept_up_to_its_last_seconds(walking):
    with Board(Options(stimulus=walking)) as board:
        board.run(5)
        ask(board, {"cmd": "record", "what": "start", "seconds": 120})
        board.run(60)
        before = ask(board, {"cmd": "status"})
        assert before["faults"] == {}
        board.fault("power_cut")
        board.run(10)
        files = dict(ask(board, {"cmd": "log"})["files"])
        assert 60 * 200 * 12 - files["rec/0001.rec"] < 14 * 200 * 12


def test_broken_settings_fall_back_and_are_counted(walking):
    """... and told, with what else was wrong at the start: only the last fault was."""
    files = {"settings.json": b'{"pulse_ms": 80, "settin', "running": b""}
    with Board(Options(stimulus=walking, files=files)) as board:
        board.run(4)
        assert fault_counts(board) == {"settings": 1, "brown_out": 1}
        told = {event["fault"]: event["text"] for event in board.events() if event["ev"] == "fault"}
        assert told.keys() == {"settings", "brown_out"}
        assert "not valid JSON" in told["settings"] and "supply" in told["brown_out"]
        assert ask(board, {"cmd": "get", "key": "pulse_ms"})["value"] == 150


def test_unknown_board_file_is_told(walking):
    with Board(Options(stimulus=walking, files={"board": b"toaster"})) as board:
        board.run(4)
        assert "the file 'board' names 'toaster'" in board.console


def test_every_fault_code_is_described():
    names = faults.NAMES.split(" ")
    rows = [line.split("|") for line in faults.__doc__.splitlines() if line.startswith("| ")]
    told = {int(row[1]): row[2].strip() for row in rows if row[1].strip().isdigit()}
    assert told == dict(enumerate(names[1:], 1))


def log_bytes(board: Board) -> int:
    """What the stride log takes on flash."""
    return sum(size for _, size in ask(board, {"cmd": "log"})["files"])


def test_a_fault_that_stays_does_not_push_the_walks_out_of_the_log(walking):
    gone = (15.0, "imu_off", {"us": 4_000_000_000})
    with Board(Options(stimulus=walking, faults=[gone])) as board:
        board.run(60)
        before = log_bytes(board)
        assert before > 0
        for _ in range(20):
            ask(board, {"cmd": "hello"}, 50)  # asked by nobody, it would be off after 10 minutes
        assert fault_counts(board)["imu_missing"] > 400
        assert log_bytes(board) - before < 2_000, "of 1 MB, in 17 minutes"


def test_a_start_without_a_step_writes_no_log():
    """A bump wakes the board, in a bag a thousand times a day."""
    with Board(Options()) as board:
        board.run(20)
        ask(board, {"cmd": "log", "what": "flush"})
        assert log_bytes(board) == 0
        ask(board, {"cmd": "record", "what": "mark", "label": "worth it"})
        board.run(2)
        assert log_bytes(board) > 0
