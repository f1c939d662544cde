"""The firmware as it is, on the board: every chip's samples lead to the same cues, in time."""

import statistics

import pytest

from host_tools.generated import preset_recording
from host_tools.session import stimulus_of
from host_tools.virtual_board import Board
from host_tools.virtual_board.chips import haptic_options, imu_options

SECONDS = 18.0


def walked(imu: str, **options) -> Board:
    """A board that has walked for SECONDS; closed by the caller."""
    files = {"bmi270.bin": bytes(8192)} if imu == "bmi270" else {}
    board = Board(
        stimulus=stimulus_of(preset_recording("healthy", SECONDS, 3)),
        imu=imu_options(imu),
        files=files,
        **options,
    )
    return board.run(SECONDS + 5)


@pytest.mark.parametrize("imu", ["mpu6050", "mpu6886", "lsm6ds3tr-c", "lsm6dso", "icm42688-p"])
def test_cues_follow_their_samples(imu: str) -> None:
    with walked(imu) as board:
        cues = [event for event in board.events() if event["ev"] == "cue"]
        pulses = board.pulses()[2:]  # the first two said that it was switched on
        assert len(cues) >= 5
        assert len(pulses) == len(cues)
        period_us = board.trace.sampling[-1].t2 / 1000
        for cue, pulse in zip(cues, pulses, strict=True):
            decided = board.trace.sample_instant_us(cue["n"], after_us=cue["t_us"])
            assert decided is not None
            # the sample that decides is the newest that was read, or one of the same batch
            assert 0 <= pulse.newest_sample_us - decided <= 2 * period_us
        latencies = board.cue_latencies_us()
        assert len(latencies) == len(cues)
        assert 0 < statistics.median(latencies) <= period_us + 1000
        assert board.stats["samples_lost"] == 0
        assert all(pulse.off_us and pulse.off_us - pulse.on_us < 500_000 for pulse in pulses)


def test_bmi270_needs_its_configuration_and_then_walks() -> None:
    with walked("bmi270") as board:
        assert len(board.pulses()) >= 5


def test_drv2605l_buzzes_the_same_cues() -> None:
    with walked("mpu6050", haptic=haptic_options("drv2605l")) as board:
        cues = [event for event in board.events() if event["ev"] == "cue"]
        # its calibration, and the sign that it was switched on, have buzzed before
        buzzes = [p for p in board.pulses() if p.on_us > 4_000_000]
        assert len(buzzes) == len(cues) >= 5


def test_the_firmware_fits_into_the_esp32s_heap() -> None:
    # 165 kB after start on the ESP32; objects on the unix port are about twice as large
    with walked("mpu6050", heap_bytes=2 * 165_000) as board:
        assert "MemoryError" not in board.console
        assert len(board.pulses()) >= 5


@pytest.mark.parametrize("ticks_start_ms", [0, 600_000_000, (1 << 30) - 3_000])
def test_the_firmware_speaks_whatever_the_ticks_say(ticks_start_ms: int) -> None:
    with Board(ticks_start_ms=ticks_start_ms) as board:
        board.run(6)
        assert [event["ev"] for event in board.events()] == ["hello"]
