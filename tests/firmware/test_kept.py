"""What the log and the console say of a walk is what the wearer felt: strides, cues, faults."""

import base64
import json
from array import array
from pathlib import Path

import numpy as np
import pytest
from heelcue import log, raw
from heelcue.events import (
    CUE_FALSE,
    CUE_NONE,
    R_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_NEXT_HEEL_OFF,
    R_PEAK_DPS,
    R_PREDICTED,
    R_TOE_OFF,
)

from host_tools.device import log_reader
from host_tools.device.walks import decode_log, figures
from host_tools.generate import Walk, generate_walk
from host_tools.recordings import to_lsb
from host_tools.virtual_board import Board, Options, Stimulus
from host_tools.virtual_board.chips import board_options
from tests.firmware.asking import after_sign, ask

FIELDS = {
    "heel_off": R_HEEL_OFF,
    "toe_off": R_TOE_OFF,
    "contact": R_CONTACT,
    "next": R_NEXT_HEEL_OFF,
    "cue": R_CUE,
    "predicted": R_PREDICTED,
    "peak_dps": R_PEAK_DPS,
}


def whole_log(board: Board) -> bytes:
    """Return the board's one segment, with what still waited."""
    ask(board, {"cmd": "log", "what": "flush"}, 2)
    ((path, size),) = ask(board, {"cmd": "log"})["files"]
    data = b""
    while len(data) < size:
        request = {"cmd": "log", "what": "read", "path": path, "at": len(data)}
        data += base64.b64decode(ask(board, request, 0.3)["d"])
    return data


def kept(board: Board) -> tuple[list[list[int]], list[dict]]:
    """Return the strides and the notes (and sessions) in the board's log."""
    strides: list[list[int]] = []
    notes: list[dict] = []
    for kind, payload in log_reader.blocks(whole_log(board)):
        if kind == log.STRIDES:
            strides += [record for record, _ in log_reader.decode_strides(bytes(payload))]
        elif kind in (log.SESSION, log.NOTE):
            notes.append(json.loads(bytes(payload)))
    return strides, notes


def cadences_spm(board: Board) -> list[float]:
    """Return the cadence of each walk in the log, as the report has it."""
    return [figures(walk)["cadence_spm"] for walk in decode_log([whole_log(board)])]


def test_cadence_is_right_where_the_imu_came_late_or_its_rate_was_changed():
    walk = generate_walk(Walk(duration_s=60, cadence_spm=110, variability=0, course="loop"))
    stimulus = Stimulus.from_samples(to_lsb(walk.acc, walk.gyr), walk.rate_hz)
    with Board(Options(stimulus=stimulus, faults=[(0.0, "imu_off", {"us": 4_000_000})])) as board:
        board.run(30)
        ask(board, {"cmd": "set", "key": "imu_rate_hz", "value": 104})
        board.run(33)
        assert cadences_spm(board) == pytest.approx([110, 110], rel=0.02)


def test_cadence_is_right_after_a_setting_was_changed_while_the_imu_was_away():
    """Another pipeline was made for the rate asked for; the chip came back with its own."""
    walk = generate_walk(Walk(duration_s=60, cadence_spm=110, variability=0, course="loop"))
    stimulus = Stimulus.from_samples(to_lsb(walk.acc, walk.gyr), walk.rate_hz)
    with Board(Options(stimulus=stimulus, faults=[(12.0, "imu_off", {"us": 3_000_000})])) as board:
        board.run(13.5)
        assert ask(board, {"cmd": "set", "key": "lead_ms", "value": 20})["changed"]
        board.run(45)
        assert cadences_spm(board)[-1] == pytest.approx(110, rel=0.02)
        sessions = [note for note in kept(board)[1] if "rate_hz" in note]
        assert sessions[-1]["rate_hz"] == 200


def test_a_pause_with_a_sleep_in_it_parts_no_walk_although_nobody_has_set_the_clock(walk_samples):
    samples, rate_hz, _ = walk_samples
    walk = samples[int(2 * rate_hz) : int(22 * rate_hz)]
    rest = np.repeat(walk[-1:], 40 * 200, axis=0)
    rest += np.random.default_rng(1).integers(-3, 4, rest.shape).astype(np.int16)
    stimulus = Stimulus.from_samples(walk, rate_hz).then(rest, 200).then(walk, rate_hz)
    files = {"settings.json": b'{"sleep_after_s": 10}'}
    with Board(Options(stimulus=stimulus.then(rest, 200), files=files)) as board:
        board.run(86)
        assert [s.b for s in board.trace.sleeps] == [1, 0]
        (found,) = decode_log([whole_log(board)])
        assert found.duration_s == pytest.approx(20 + 40 + 20, abs=6)
        ask(board, {"cmd": "time", "epoch_s": 1_790_000_000})
        (found,) = decode_log([whole_log(board)])
        walked_s = 1_790_000_000 - (found.epoch_s + found.start_s)
        assert walked_s == pytest.approx(board.now_s - 4, abs=6), "and dated"


def test_no_stride_is_lost_where_pulses_leave_no_calm_moment():
    walk = generate_walk(Walk(duration_s=90, course="loop"))
    stimulus = Stimulus.from_samples(to_lsb(walk.acc, walk.gyr), walk.rate_hz)
    files = {"settings.json": b'{"pulse_ms": 500}'}
    with Board(Options(stimulus=stimulus, files=files)) as board:
        board.run(85)
        pending = ask(board, {"cmd": "log"})["pending"]
        status = ask(board, {"cmd": "status"})
        assert status["strides"] > 60
        assert status["logged"] + pending >= status["strides"] - 1
        assert board.stats["samples_lost"] == 0


def test_every_cue_that_was_felt_is_in_the_log_and_no_other():
    walk = generate_walk(Walk(duration_s=40, seed=1, quiet_s=4, stops_per_min=3, course="loop"))
    samples = to_lsb(walk.acc, walk.gyr)
    stimulus = Stimulus.from_samples(samples, walk.rate_hz, loop=True)
    files = {"settings.json": b'{"cue_mode": "predictive", "lead_ms": 300}'}
    with Board(Options(stimulus=stimulus, files=files)) as board:
        board.run(82)
        felt = len(after_sign(board))
        board.send('{"cmd": "mute"}\n')
        board.run(38)
        strides, _ = kept(board)
        assert len(after_sign(board)) == felt
        heel_offs = [r[R_HEEL_OFF] for r in strides]
        assert heel_offs == sorted(heel_offs)
        cued = [r for r in strides if r[R_CUE_KIND] != CUE_NONE]
        assert len(cued) == felt and all(r[R_CUE] >= 0 for r in cued)
        # where the walker stopped, the cue for the stride that never came
        assert sum(r[R_CUE_KIND] == CUE_FALSE for r in cued) >= 1
        muted = [r for r in strides if r[R_HEEL_OFF] > 83 * 200]
        assert len(muted) > 10 and all(r[R_CUE] == -1 for r in muted)
        lines = [event for event in board.events() if event["ev"] == "stride"]
        of_log = {record[R_HEEL_OFF]: record for record in strides}
        for line in lines:
            record = of_log.pop(line["cue"] if line["kind"] == "false" else line["heel_off"])
            assert line["kind"] == ("none", "reactive", "predicted", "false")[record[R_CUE_KIND]]
            if line["kind"] != "false":  # of which the log has only when the motor was on
                assert [line[name] for name in FIELDS] == [record[k] for k in FIELDS.values()]
        assert not of_log, "each is told once"
        told = [line["kind"] for line in lines]
        assert np.isin(("predicted", "false", "none"), told).all()
        assert len(told) - told.count("none") == felt


def test_an_empty_battery_is_told_and_logged_and_no_fault_has_the_words_of_another(walking):
    faults = [(27.0, "nack", {"count": 1}), (30.0, "battery", {"mv": 3_250})]
    options = board_options("xiao_esp32s3")
    with Board(options, stimulus=walking, battery_mv=3_450, faults=faults) as board:
        board.run(70)
        assert board.trace.sleeps[0].t_us < 65e6
        told_ms = [round((p.off_us - p.on_us) / 1e3) for p in board.pulses()]
        assert [ms for ms in told_ms if ms not in (150, 152)].count(400) == 2, "low, and empty"
        told = {e["fault"]: e.get("text") for e in board.events() if e["ev"] == "fault"}
        assert "nearly" in told["battery_low"] and "empty" in told["battery_empty"]
        assert told["imu_bus"] is None
        board.fault("pin", number=4, level=0)
        board.run(0.5)
        board.fault("pin", number=4, level=1)
        board.run(2)
        _, notes = kept(board)
        assert "battery_empty" in [note.get("fault") for note in notes]


def test_a_battery_that_hovers_about_low_is_told_once(walking):
    faults = [(20.0 + 35 * k, "battery", {"mv": 3_520 - 40 * (k % 2)}) for k in range(2)]
    options = board_options("xiao_esp32s3")
    with Board(options, stimulus=walking, battery_mv=3_480, faults=faults) as board:
        board.run(95)
        assert ask(board, {"cmd": "status"})["faults"] == {"battery_low": 1}


def test_a_walk_is_dated_by_a_clock_that_was_set_during_it_and_so_is_the_next(walking):
    noon_s = 1_790_000_000
    with Board(Options(stimulus=walking)) as board:
        board.run(15)
        set_s = board.now_s
        assert ask(board, {"cmd": "time", "epoch_s": noon_s})["ok"]
        board.run(5)
        board.send('{"cmd": "reset"}\n')
        board.run(25)
        told = sum(line["ev"] == "stride" for line in board.events())
        walks = decode_log([whole_log(board)])
        first_s = [walk.epoch_s + walk.start_s for walk in walks]
        # one walk, which a restart alone has parted: its first stride was seen some seconds in
        assert len(walks) == 1 and len(walks[0].real) > 20
        assert noon_s - set_s < first_s[0] < noon_s - set_s + 10
        assert told <= len(walks[0].real) <= told + 2


def test_no_pulse_of_a_pattern_is_missing_because_of_a_cue(walking):
    """Muted is short short, unmuted short long: one pulse fewer says nothing."""
    with Board(Options(stimulus=walking)) as board:
        board.run(12)
        board.run(board.pulses()[-1].on_us / 1e6 + 1.0 - board.now_s)
        for _ in range(8):
            before = len(board.pulses())
            board.send('{"cmd": "buzz", "pattern": "battery"}\n')
            board.run(2.45)
            lengths = [
                round((p.off_us - p.on_us) / 1e3) for p in board.pulses()[before:] if p.off_us
            ]
            assert [ms for ms in lengths if ms != 150] == [400, 80, 80]


def test_a_recording_leaves_the_log_its_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A full flash has the log drop its oldest segments: weeks of walks for a minute of samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(raw, "free_bytes", lambda _folder: 262_144 + 20_000)
    recording = raw.Recording({}, 120, 200, [])
    samples = array("h", range(6 * 100))
    for n in range(0, 24_000, 100):
        recording.ring.add(samples, 100, n)
        recording.calm()
        if recording.left <= 0:
            break
    recording.close()
    assert 20_000 <= Path(recording.path).stat().st_size < 22_000


def test_a_recording_that_finds_no_room_says_so():
    files = {"mounting.json": b"", "filler": bytes(1_600_000)}
    with Board(Options(files=files)) as board:
        board.run(3)
        ask(board, {"cmd": "record", "what": "start"})
        board.run(2)
        assert not ask(board, {"cmd": "status"})["recording"]
        told = after_sign(board)[0]
        assert round((told.off_us - told.on_us) / 1e3) == 400


def test_without_an_imu_it_does_not_buzz_until_the_battery_is_flat():
    with Board(board_options("xiao_esp32s3"), imu=None) as board:
        board.run(640)
        assert board.trace.sleeps[0].t_us < 610e6
        assert board.pulses()[-1].on_us < 610e6
