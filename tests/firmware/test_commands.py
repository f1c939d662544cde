"""Each of the console's requests does what firmware/README.md says that it does."""

import pytest
from heelcue import settings

from host_tools.micropython import FIRMWARE
from host_tools.virtual_board import Board, Options, Stimulus
from tests.firmware.asking import after_sign, ask


@pytest.fixture
def board(walking):
    """A board whose wearer walks steadily, cued."""
    with Board(Options(stimulus=walking)) as running:
        running.run(10)
        yield running


def lengths_ms(board: Board, since: int) -> list[int]:
    """Lengths of the pulses that ended, but for so many first ones."""
    return [round((p.off_us - p.on_us) / 1000) for p in board.pulses()[since:] if p.off_us]


def count_of(board: Board, kind: str) -> int:
    """Unasked lines of a kind so far."""
    return sum(event["ev"] == kind for event in board.events())


def test_reset_gives_the_defaults_back_and_only_save_keeps_them(board):
    changed = {"pulse_ms": 90, "cue_mode": "off"}
    assert sorted(ask(board, {"cmd": "set", "settings": changed})["changed"]) == sorted(changed)
    assert ask(board, {"cmd": "set", "settings": changed})["changed"] == []
    ask(board, {"cmd": "save"}, 3)
    assert ask(board, {"cmd": "reset", "what": "settings"})["ok"]
    assert ask(board, {"cmd": "get"})["settings"] == settings.defaults()
    before = len(board.pulses())
    board.run(8)
    assert len(board.pulses()) > before + 2, "it cues again, from this moment on"
    board.send('{"cmd":"reset"}\n')
    board.run(6)
    assert ask(board, {"cmd": "get"})["settings"] == settings.defaults() | changed


def test_a_pulse_s_length_and_strength_leave_the_gait_as_learnt_all_else_begins_anew(board):
    assert ask(board, {"cmd": "status"})["walking"]
    ask(board, {"cmd": "set", "settings": {"pulse_ms": 60, "strength_pct": 50}}, 0.1)
    assert ask(board, {"cmd": "status"}, 0.2)["walking"]
    before = len(board.pulses())
    board.run(4)
    cues = lengths_ms(board, before)
    assert len(cues) >= 3 and set(cues) <= {60, 61, 62, 63, 64}
    ask(board, {"cmd": "set", "key": "refractory_ms", "value": 400}, 0.1)
    assert not ask(board, {"cmd": "status"}, 0.2)["walking"]
    board.run(6)
    assert ask(board, {"cmd": "status"})["walking"]


def test_status_and_the_unasked_lines_agree_with_what_was_felt(board):
    status = ask(board, {"cmd": "status"}, 0.2)
    # one may have come while the answer was on its way
    assert count_of(board, "cue") - status["cues"] in (0, 1) and status["cues"] >= 3
    assert count_of(board, "stride") - status["strides"] in (0, 1) and status["strides"] >= 3
    assert len(board.pulses()) - status["pulses"] in (0, 1)
    assert count_of(board, "cue") - len(after_sign(board)) in (0, 1)
    assert status["state"] in ("walk", "cue") and status["battery"] == {}
    assert status["n"] == pytest.approx(status["up_s"] * 200, abs=300)
    assert not (status["muted"] or status["recording"] or status["refused"] or status["dropped"])
    ask(board, {"cmd": "stream", "events": False})
    told = [count_of(board, kind) for kind in ("cue", "stride")]
    board.run(5)
    assert [count_of(board, kind) for kind in ("cue", "stride")] == told
    ask(board, {"cmd": "stream", "events": True})
    board.run(5)
    assert all(count_of(board, kind) > n for kind, n in zip(("cue", "stride"), told, strict=True))
    later = ask(board, {"cmd": "status"})
    assert later["up_s"] - status["up_s"] in range(12, 15) and later["cues"] > status["cues"] + 6


def test_a_buzz_is_the_setting_s_unless_it_says_otherwise_and_mute_can_be_undone(board):
    ask(board, {"cmd": "set", "settings": {"pulse_ms": 70, "strength_pct": 40}})
    assert ask(board, {"cmd": "mute"})["muted"] is True
    board.run(1)
    before = len(board.pulses())
    assert ask(board, {"cmd": "buzz"}) == {"ok": True, "ms": 70, "pct": 40}
    assert ask(board, {"cmd": "buzz", "ms": 200, "pct": 100})["ms"] == 200
    assert lengths_ms(board, before) == [pytest.approx(70, abs=4), pytest.approx(200, abs=4)]
    weak, strong = (pulse.levels[-1][1] for pulse in board.pulses()[before:])
    assert (weak, strong) == (pytest.approx(0.4, abs=0.01), pytest.approx(1.0, abs=0.01))
    assert ask(board, {"cmd": "status"})["muted"]
    assert ask(board, {"cmd": "mute", "on": False})["muted"] is False
    board.run(4)
    assert len(board.pulses()) >= before + 5


def test_faults_are_told_with_their_words_until_they_are_cleared(board):
    board.fault("nack", count=3)
    board.run(1)
    assert ask(board, {"cmd": "faults"})["faults"].keys() == {"imu_bus"}
    assert ask(board, {"cmd": "faults", "clear": True})["faults"].keys() == {"imu_bus"}
    assert ask(board, {"cmd": "faults"}) == {"ok": True, "faults": {}, "text": ""}
    board.fault("nack", count=3)
    board.run(1)
    assert ask(board, {"cmd": "faults"})["faults"].keys() == {"imu_bus"}


def test_a_recording_is_listed_and_can_be_removed_when_it_has_ended(board):
    begun = ask(board, {"cmd": "record", "what": "start", "seconds": 5})
    assert begun["recording"] and begun["lost"] == 0
    refused = ask(board, {"cmd": "log", "what": "remove", "path": begun["path"]})
    assert refused["key"] == "path" and "running" in refused["error"]
    again = ask(board, {"cmd": "record", "what": "start"})
    assert not again["ok"] and begun["path"] in again["error"]
    state = ask(board, {"cmd": "record"})
    assert 0 < state["left"] < begun["left"] <= 5 * 200
    board.run(6)
    assert ask(board, {"cmd": "record"}) == {"ok": True, "recording": False}
    assert count_of(board, "recorded") == 1
    assert begun["path"] in dict(ask(board, {"cmd": "log"})["files"])
    assert ask(board, {"cmd": "log", "what": "remove", "path": begun["path"]}, 3)["ok"]
    assert begun["path"] not in dict(ask(board, {"cmd": "log"})["files"])
    stopped = ask(board, {"cmd": "record", "what": "stop"})
    assert stopped == {"ok": True, "path": None}


def test_strides_wait_until_they_are_flushed_and_are_gone_when_erased(board):
    listed = ask(board, {"cmd": "log"})
    assert listed["files"] == [] and listed["pending"] >= 4
    ask(board, {"cmd": "log", "what": "flush"}, 2)
    ((path, size),) = ask(board, {"cmd": "log"})["files"]
    assert path == "log/000000.log" and size > 100
    end = ask(board, {"cmd": "log", "what": "read", "path": path, "at": size - 10, "len": 20})
    assert (end["at"], end["len"]) == (size - 10, 10)
    assert ask(board, {"cmd": "log", "what": "read", "path": path, "at": size})["len"] == 0
    ask(board, {"cmd": "log", "what": "erase"}, 3)
    assert ask(board, {"cmd": "log"})["files"] == []
    board.run(5)
    ask(board, {"cmd": "log", "what": "flush"}, 2)
    assert len(ask(board, {"cmd": "log"})["files"]) == 1, "and the log goes on"


def test_a_seventeenth_recording_is_refused_in_words(walk_samples):
    samples, rate_hz, _ = walk_samples
    files = {f"rec/{number:04d}.rec": b"x" for number in range(1, 17)}
    stimulus = Stimulus.from_samples(samples, rate_hz)
    with Board(Options(stimulus=stimulus, files=files)) as board:
        board.run(4)
        refused = ask(board, {"cmd": "record", "what": "start"})
        assert "16 recordings" in refused["error"] and not refused["ok"]
        ask(board, {"cmd": "log", "what": "remove", "path": "rec/0003.rec"}, 2)
        begun = ask(board, {"cmd": "record", "what": "start", "seconds": 1}, 4)
        assert begun["path"] == "rec/0017.rec", "no number is given twice"


def test_every_request_that_is_described_exists():
    text = (FIRMWARE / "README.md").read_text(encoding="utf-8")
    code = (FIRMWARE / "heelcue" / "commands.py").read_text(encoding="utf-8")
    names = {line.split("do_")[1].split("(")[0] for line in code.splitlines() if "def do_" in line}
    told = {part.split('"')[0] for part in text.split('{"cmd":"')[1:]}
    assert told == names
