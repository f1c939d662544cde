"""Replay: both runtimes alike, causal, mirrored; one bad recording does not stop the others."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heelcue.events import CUE_FALSE, CUE_PREDICTED, CUE_REACTIVE
from heelcue.settings import defaults
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools import cli
from host_tools.cue_scoring import cues_of
from host_tools.events import Event, read_events, to_text
from host_tools.find import find_recordings
from host_tools.micropython import find_micropython
from host_tools.recordings import Recording, Segment, read_recording
from host_tools.replay import Replay, Walk, replay_walk, replay_walks_on_micropython
from tests.host.walks import generated_recording, generated_walk, saved_walk


@pytest.fixture(scope="session")
def micropython() -> Path:
    """The MicroPython binary; these tests cannot do without it where it exists."""
    return find_micropython()


def test_tree_is_mirrored_bad_ones_are_named_and_the_rest_still_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], micropython: Path
) -> None:
    source = tmp_path / "in"
    (source / "b").mkdir(parents=True)
    saved_walk(source, name="good")
    saved_walk(source / "b", seed=2, name="also")
    (source / "b" / "broken.csv.gz").write_bytes(b"\x1f\x8b\x08 no gzip")
    (source / "empty.csv").write_bytes(b"")
    for runtime in ("cpython", "micropython"):
        out = tmp_path / runtime
        arguments = ["replay", str(source), "--events-dir", str(out), "--runtime", runtime]
        assert cli.run([*arguments, "--json"]) == 1
        printed = capsys.readouterr()
        assert json.loads(printed.out)["written"] == 2
        assert "broken.csv.gz" in printed.err and "empty.csv: the file is empty" in printed.err
        assert "Traceback" not in printed.err
        written = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
        assert written == {"good.csv", "b/also.csv"}
    for name in ("good.csv", "b/also.csv"):
        one, other = tmp_path / "cpython" / name, tmp_path / "micropython" / name
        assert one.read_bytes() == other.read_bytes()
        assert {"heel_off", "cue"} <= {event.name for event in read_events(one)}


def test_events_never_go_over_the_recordings_themselves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """replay walks --events-dir walks: walks/monday.csv became its own event file."""
    saved_walk(tmp_path, name="tuesday")
    walk = tmp_path / "monday.csv"
    walk.write_bytes(gzip.decompress(saved_walk(tmp_path, name="monday").read_bytes()))
    (tmp_path / "monday.csv.gz").unlink()
    before = walk.read_bytes()
    arguments = ["replay", str(tmp_path), "--events-dir", str(tmp_path)]
    assert cli.run(arguments) == 2
    assert "monday.csv is there already and is no event file" in capsys.readouterr().err
    assert walk.read_bytes() == before and not (tmp_path / "tuesday.csv").exists()
    walk.unlink()
    assert cli.run(arguments) == cli.run(arguments) == 0  # events over events


def test_an_error_that_nobody_expected_costs_one_recording_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_walk(tmp_path / "in", name="good")
    saved_walk(tmp_path / "in", name="odd")

    def surprised(file: Path) -> Recording:
        if "odd" in file.name:
            raise RuntimeError("surprise")
        return read_recording(file)

    monkeypatch.setattr("host_tools.replay.read_recording", surprised)
    out = tmp_path / "out"
    assert cli.run(["replay", str(tmp_path / "in"), "--events-dir", str(out)]) == 1
    assert "odd.csv.gz: this is a bug in heelcue: RuntimeError: surprise" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["good.csv"]


def same_on_both(walks: list[Walk], values: dict[str, Any]) -> None:
    theirs = replay_walks_on_micropython(walks, values)
    for walk, other in zip(walks, theirs, strict=True):
        ours = replay_walk(walk, values)
        assert to_text(ours.events) == to_text(other.events)
        assert str(ours.strides) == str(other.strides)  # NaN is not equal to itself


def test_both_runtimes_agree_on_recordings(recordings_dir: Path, micropython: Path) -> None:
    files = list(find_recordings([recordings_dir]).values())
    walks = [Walk.of(read_recording(file)) for file in files[:: len(files) // 8]]
    same_on_both(walks, defaults())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rate_hz=st.sampled_from([59.3, 100.0, 208.0, 416.0]),
    seed=st.integers(0, 5),
    start=st.integers(0, 500),
    lost=st.integers(0, 5000),
    noise=st.integers(0, 3000),
    mode=st.sampled_from(["auto", "reactive", "predictive"]),
)
def test_both_runtimes_agree_on_anything(
    micropython: Path, rate_hz: float, seed: int, start: int, lost: int, noise: int, mode: str
) -> None:
    walk = generated_walk(12, rate_hz, seed)
    rng = np.random.default_rng(seed)
    raw = walk.samples_lsb + rng.integers(-noise, noise + 1, walk.samples_lsb.shape)
    raw = np.clip(raw, -32768, 32767).astype(np.int16)[start:]
    half = len(raw) // 2
    segments = [Segment(0, half), Segment(lost, len(raw) - half)]
    changed = Walk(raw, walk.t_s[start:], segments, rate_hz)
    same_on_both([changed], defaults() | {"cue_mode": mode})


@cache
def whole(which: int, recordings_dir: Path | None) -> tuple[Recording, str]:
    if recordings_dir is None:
        recording = generated_recording(20.0, 208.0, which)
    else:
        files = list(find_recordings([recordings_dir / "truong2019"]).values())
        recording = read_recording(files[which * 97 + 5])
    return recording, to_text(replay_walk(Walk.of(recording), defaults()).events)


def assert_causal(recording: Recording, events: str, share: float) -> None:
    rows = max(2, round(share * len(recording.t_s)))
    cut = Recording(
        recording.path,
        recording.t_s[:rows],
        recording.acc_mps2[:rows],
        recording.gyr_dps[:rows],
        recording.meta,
    )
    assert events.startswith(to_text(replay_walk(Walk.of(cut), defaults()).events))


@settings(max_examples=15, deadline=None)
@given(which=st.integers(0, 2), share=st.floats(0.001, 1))
def test_events_of_a_cut_off_walk_are_a_prefix(which: int, share: float) -> None:
    assert_causal(*whole(which, None), share)


@settings(max_examples=15, deadline=None)
@given(which=st.integers(0, 3), share=st.floats(0.001, 1))
def test_events_of_a_cut_off_recording_are_a_prefix(
    recordings_dir: Path, which: int, share: float
) -> None:
    assert_causal(*whole(which, recordings_dir), share)


def test_settings_reach_the_firmware() -> None:
    walk = generated_walk(20, preset="running")  # strides of less than a second
    often = replay_walk(walk, defaults()).events
    seldom = replay_walk(walk, defaults() | {"refractory_ms": 1000}).events

    def cues(events: list[Event]) -> int:
        return sum(event.name == "cue" for event in events)

    silent = replay_walk(walk, defaults() | {"cue_mode": "off"}).events
    assert cues(silent) == 0 < cues(seldom) < cues(often)
    assert [e for e in often if e.name != "cue"] == [e for e in seldom if e.name != "cue"] == silent


def test_stride_records_tell_the_kind_of_every_cue() -> None:
    walk = generated_walk(20)
    for mode, kinds in (("reactive", {CUE_REACTIVE}), ("auto", {CUE_REACTIVE, CUE_PREDICTED})):
        replay = replay_walk(walk, defaults() | {"cue_mode": mode})
        told = {round(s.cue_s, 4): s.cue_kind for s in replay.strides if s.cue_s >= 0}
        assert kinds <= set(told.values()) <= {*kinds, CUE_FALSE}
        cued = [event.t_s for event in replay.events if event.name == "cue"]
        # the last stride may still be open when the recording ends
        assert sorted(told) in (cued, cued[:-1])
        for stride in replay.strides:
            if stride.next_heel_off_s > stride.heel_off_s:
                assert 0.8 < stride.next_heel_off_s - stride.heel_off_s < 2.0


def test_events_alone_tell_the_kind_of_a_cue() -> None:
    """Also of the reactive cues that wait until the heel-off has become a push-off."""
    late = 0
    for seed in (1, 3):
        replay = replay_walk(generated_walk(40, seed=seed), defaults())
        assert cues_of(replay, defaults()) == cues_of(Replay(replay.events, []), defaults())
        late += sum(s.cue_kind == CUE_REACTIVE and s.cue_s > s.heel_off_s for s in replay.strides)
    assert late > 2


def test_times_are_the_recordings_own(tmp_path: Path) -> None:
    """A recording that begins at 100 s has its events 100 s later, at the times of its samples."""
    recording = generated_recording(15)
    later = Recording(
        recording.path,
        recording.t_s + 100,
        recording.acc_mps2,
        recording.gyr_dps,
        {"sampling_rate_hz": 208},
    )
    first = replay_walk(Walk.of(recording), defaults()).events
    second = replay_walk(Walk.of(later), defaults()).events
    assert first and len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert other.t_s == pytest.approx(one.t_s + 100, abs=1.1e-4)
