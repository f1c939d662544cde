"""Recording and watching: every sample accounted for."""

import io
import json
import signal
import struct

import numpy as np
import pytest
from heelcue import log
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console as RichConsole

from host_tools import cli
from host_tools.device.console import Console
from host_tools.device.monitor import Watch, screen
from host_tools.device.raw_recording import RawSamples, decode_file
from host_tools.errors import HeelcueError
from host_tools.recordings import read_recording
from tests.host.walks import saved_walk


def piece(count: int, value: int = 7) -> bytes:
    return struct.pack("<6h", 0, 0, 2048, value, 0, 0) * count


def test_streamed_without_loss(shared_board, tmp_path, capsys) -> None:
    """Three seconds over the cable: regular times, no gap, gravity of about one g in the median."""
    file = tmp_path / "walk.csv.gz"
    arguments = ["record", str(file), "--seconds", "3", "--port", shared_board.port, "--json"]
    assert cli.run(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    recording = read_recording(file)
    assert len(recording.t_s) == said["samples"]
    assert said["lost"] == recording.meta["samples_lost"]
    total = len(recording.t_s) + said["lost"]
    assert total == pytest.approx(3 * recording.rate_hz, abs=24)
    # 9.8 to 12.0 in any three seconds of this walk; the mean hangs on how many landings are in it
    assert 9 < np.median(np.linalg.norm(recording.acc_mps2, axis=1)) < 13


def test_made_on_the_board_and_fetched(shared_board, tmp_path, capsys) -> None:
    """--start, --stop, --list, --fetch, --remove."""
    from host_tools.device.console import open_console

    port = ["--port", shared_board.port]
    assert cli.run(["record", "--start", "--seconds", "60", *port]) == 0
    with open_console(shared_board.port) as console:
        while console.request("record", what="state")["left"] > 11_000:
            console.wait_event(0.05)
        console.request("record", what="mark", label="stairs")
    capsys.readouterr()
    assert cli.run(["record", "--list", *port]) == 0
    assert capsys.readouterr().out.count("rec/") == 1
    assert cli.run(["record", "--list", "--json", *port]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["recordings"] == [] and said["running"].startswith("rec/")
    assert cli.run(["record", "--stop", *port]) == 0
    capsys.readouterr()
    assert cli.run(["record", "--list", "--json", *port]) == 0
    assert len(json.loads(capsys.readouterr().out)["recordings"]) == 1
    file = tmp_path / "fetched.csv"
    assert cli.run(["record", str(file), "--fetch", "1.rec", *port]) == 1  # not a part of a name
    assert cli.run(["record", str(file), "--fetch", "last", *port]) == 0
    recording = read_recording(file)
    assert len(recording.t_s) > 900
    assert [mark["label"] for mark in recording.meta["marks"]] == ["stairs"]
    assert cli.run(["record", "--remove", *port]) == 0
    assert "Removed: rec/" in capsys.readouterr().out
    assert cli.run(["record", str(tmp_path / "again.csv"), "--fetch", "last", *port]) == 1
    assert "no recording 'last'" in capsys.readouterr().err


def test_unplugged_keeps_what_came(board, tmp_path, monkeypatch, capsys) -> None:
    """The cable pulled in mid-stream: a whole file of what came, exit code 1, one sentence."""
    taken = [0]
    plain = RawSamples.add_line

    def counted(self, line):
        plain(self, line)
        taken[0] += 1
        if taken[0] == 30:
            board.close()

    monkeypatch.setattr(RawSamples, "add_line", counted)
    file = tmp_path / "cut.csv.gz"
    assert cli.run(["record", str(file), "--seconds", "60", "--port", board.port]) == 1
    assert "was unplugged" in capsys.readouterr().out
    recording = read_recording(file)
    assert len(recording.t_s) >= 30 * 12
    assert recording.meta["ended"] == "unplugged"


def test_ctrl_c_pressed_again_and_again_keeps_the_walk(
    shared_board, tmp_path, monkeypatch, capsys
) -> None:
    """A second press, while the stream is switched off or the file written, cost all of it."""

    def pressed_before(owner, name):
        plain = getattr(owner, name)

        def pressed(*given, **named):
            signal.raise_signal(signal.SIGINT)
            return plain(*given, **named)

        monkeypatch.setattr(owner, name, pressed)

    plain = RawSamples.add_line

    def counted(self, line):
        plain(self, line)
        if len(self.pieces) == 10:
            pressed_before(Console, "request")
            pressed_before(RawSamples, "write")
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RawSamples, "add_line", counted)
    file = tmp_path / "stopped.csv.gz"
    assert cli.run(["record", str(file), "--port", shared_board.port, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] == "stopped"
    assert read_recording(file).meta["ended"] == "stopped"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_restart_in_mid_stream_keeps_what_came(board, tmp_path, monkeypatch, capsys) -> None:
    """Samples that count from 0 again: a whole file of those before, exit code 1, one sentence."""
    plain = RawSamples.add_line
    taken = [0]

    def restarted(self, line):
        taken[0] += 1
        plain(self, line | {"n": 0} if taken[0] == 30 else line)

    monkeypatch.setattr(RawSamples, "add_line", restarted)
    file = tmp_path / "cut.csv.gz"
    assert cli.run(["record", str(file), "--seconds", "60", "--port", board.port]) == 1
    assert "the board was restarted; what came before is kept" in capsys.readouterr().out
    recording = read_recording(file)
    assert len(recording.t_s) >= 29 * 8
    assert recording.meta["ended"] == "broken"


def test_gaps_are_counted_and_placed(tmp_path) -> None:
    """Lost samples: exact number, exact place, and the time column jumps there."""
    samples = RawSamples(200.0, 2048.0, 16.384)
    samples.add(1000, piece(100))
    samples.add(1150, piece(100))
    samples.marks.append((1160, "turn"))
    assert (samples.count, samples.lost) == (200, 50)
    samples.write(tmp_path / "gap.csv", {"subject": "me"})
    recording = read_recording(tmp_path / "gap.csv")
    assert recording.gaps_s == [(0.495, 0.75)]
    assert [segment.lost for segment in recording.segments] == [0, 50]
    assert recording.meta["marks"] == [{"t_s": 0.8, "label": "turn"}]
    np.testing.assert_allclose(recording.acc_mps2[:, 2], 9.80665, atol=1e-3)


def test_a_restart_is_not_glued_on() -> None:
    """Indices that run backwards mean another session."""
    samples = RawSamples(200.0, 2048.0, 16.384)
    samples.add(1000, piece(10))
    with pytest.raises(HeelcueError, match="restarted"):
        samples.add(5, piece(10))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 5000), st.binary())
def test_a_damaged_file_costs_whole_blocks_only(gaps, at, junk) -> None:
    """Whatever happens to a file: a sentence, or samples of whole blocks with the rest counted."""
    session = {"rate_hz": 200.0, "acc_lsb_per_g": 2048.0, "gyro_lsb_per_dps": 16.384}
    data = log.json_block(log.SESSION, session)
    n = 50
    for gap in gaps:
        n += gap
        data += log.block(log.RAW, struct.pack("<I", n) + piece(20))
        n += 20
    at %= len(data)
    try:
        samples = decode_file(data[:at] + junk[:40] + data[at + 3 :], "rec")
    except HeelcueError:
        return
    assert samples.count % 20 == 0
    assert samples.count + samples.lost <= n - 50


def test_full_disk_is_said_before_recording(shared_board, tmp_path, capsys) -> None:
    """A folder that cannot be written: at once, not after a minute of walking."""
    (tmp_path / "file").write_text("")
    file = tmp_path / "file" / "walk.csv.gz"
    assert cli.run(["record", str(file), "--port", shared_board.port]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["walk.csv.gz", "walk.csv"])
@pytest.mark.parametrize("more", [["--seconds", "2"], ["--fetch", "last"]])
def test_a_walk_is_never_recorded_over(tmp_path, capsys, name, more) -> None:
    """Nor its labels, which a recording of the same name with the other suffix would share."""
    file = saved_walk(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    arguments = ["record", str(tmp_path / name), *more, "--port", "/dev/nowhere"]
    assert cli.run(arguments) == 2
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before and file in before


def test_monitor_tells_each_stride(shared_board, capsys) -> None:
    """Lines when piped, JSON on request; cadence and latency are there."""
    arguments = ["monitor", "--strides", "3", "--port", shared_board.port]
    assert cli.run([*arguments, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3
    cadences = [line["cadence_spm"] for line in lines if line["cadence_spm"]]
    assert cadences and all(80 < cadence < 140 for cadence in cadences)
    assert cli.run(arguments) == 0
    assert "cadence" in capsys.readouterr().out


def test_a_stride_gets_its_own_cue_s_latency() -> None:
    """A predicted cue for the next heel-off comes before this stride is told."""
    watch = Watch({"rate_hz": 100.0})
    for number in range(4):
        watch.take({"ev": "cue", "n": 95 + 120 * number, "latency_us": 1000 * (number + 1)})
        if number:
            n = 100 + 120 * (number - 1)
            watch.take({"ev": "stride", "heel_off": n, "next": n + 120 + 12 * number, "cue": n - 5,
                        "kind": "predicted"})  # fmt: skip
    watch.take({"ev": "stride", "heel_off": 900, "kind": "none"})
    told = [stride.latency_ms for stride in watch.strides]
    assert told[:3] == [1.0, 2.0, 3.0] and np.isnan(told[3])
    # 1.32, 1.44, 1.56 s; the median stride's, not the quickest
    assert watch.cadence_spm() == pytest.approx(120 / 1.44)


@pytest.mark.parametrize("width", [34, 40, 65, 66, 80])
def test_no_figure_of_the_view_is_cut_off_however_narrow_the_terminal(width) -> None:
    """At 40 columns they read 3427… and rea…."""
    watch = Watch({"rate_hz": 100.0, "fw": "0.1.0", "board": "esp32_generic", "imu": "MPU6050"})
    watch.take({"ev": "cue", "n": 9_999_990, "latency_us": 120_000})
    watch.take({"ev": "stride", "heel_off": 9_999_900, "toe_off": 9_999_940, "next": 10_000_000,
                "cue": 9_999_990, "kind": "predicted"})  # fmt: skip
    out = RichConsole(file=io.StringIO(), width=width)
    out.print(screen(watch, width))
    said = out.file.getvalue()
    assert "…" not in said and all(len(line) <= width for line in said.splitlines())
    assert {"99999.00", "predicted", "+900", "heel-off"} <= set(said.split())


def test_a_line_of_samples_that_the_cable_damaged_is_passed_over() -> None:
    watch = Watch({"rate_hz": 100.0})
    for damaged in ({}, {"d": "AAA"}, {"d": "AAAA"}, {"d": 7}):
        assert watch.take({"ev": "raw", **damaged}) is None
    assert not watch.speed_dps
