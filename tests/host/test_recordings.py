"""Recordings: what is refused and how it is said, conversion, gaps, and the way back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from host_tools import cli
from host_tools.device.walks import CSV_COLUMNS
from host_tools.errors import HeelcueError
from host_tools.find import find_recordings
from host_tools.recordings import (
    HEADER,
    Recording,
    Segment,
    read_recording,
    to_lsb,
    write_recording,
)
from tests.host.walks import saved_walk

GOOD = [f"{n / 100:.3f},0.1,-0.2,9.81,1.0,-2.0,0.5" for n in range(200)]


def text_of(rows: list[str], header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def changed(row: int, text: str) -> bytes:
    return text_of([*GOOD[:row], text, *GOOD[row + 1 :]])


BAD = {
    "an Excel workbook": (b"PK\x03\x04\x14\0", "save it as CSV in Excel"),
    "empty": (b"", "the file is empty"),
    "header only": (text_of([]), "no samples below the header"),
    "wrong columns": (text_of(GOOD, "time,ax,ay,az,gx,gy,gz"), "line 1: the columns must be"),
    "acceleration only": (text_of(["0,1,2,3"] * 5, "t_s,acc_x,acc_y,acc_z"), "line 1"),
    "not a number": (changed(3, "0.030,0.1,hello,9.81,1,2,3"), "line 5, column acc_y: 'hello'"),
    "empty field": (changed(3, "0.030,,0,9.81,1,2,3"), "line 5, column acc_x: ''"),
    "NaN": (changed(7, "0.070,0,0,9.81,nan,2,3"), "line 9, column gyr_x: nan"),
    "infinite": (changed(7, "0.070,0,0,inf,0,2,3"), "line 9, column acc_z: inf"),
    "cut off": (text_of(GOOD)[:-12], "line 201: 5 columns where 7 belong (the file is cut off"),
    "one column more": (changed(9, GOOD[9] + ",4"), "line 11: 8 columns where 7 belong"),
    "backwards": (changed(5, "0.020,0,0,9.81,0,0,0"), "line 7: time runs backwards"),
    "standing still": (changed(5, "0.040,0,0,9.81,0,0,0"), "line 7: time stands still"),
    "running backwards since 1970": (
        text_of([f"170000000{row}" for row in (*GOOD[:6], *GOOD[3:])]),
        "line 8: time runs backwards (t_s 1700000000.03 comes after 1700000000.05)",
    ),
    "a clock that was set": (
        text_of([*GOOD[:50], *(f"1700{row}" for row in GOOD[50:])]),
        "line 52: time jumps by 4.722 hours (t_s 17000.5 comes after 0.49); was the clock set",
    ),
    "a filling-in": (changed(7, "0.070,9.97e36,0,9.8,0,2,3"), "line 9, column acc_x: 9.97e+36"),
    "one sample": (text_of(GOOD[:1]), "one sample has no sampling rate"),
    "milliseconds": (text_of([f"{n},0,0,9.8,0,0,0" for n in range(0, 900, 10)]), "t_s in seconds?"),
    "in g": (text_of([f"{n / 100},0,0.6,0.8,1,2,3" for n in range(99)]), "acc is 1 in the median"),
    "binary": (bytes(range(256)) * 20, "line 1: the columns must be"),
}


def test_what_fills_in_a_gap_may_say_anything(tmp_path: Path) -> None:
    """As it does in a recording of sanchez2019: a line drawn on to 2.6 million deg/s."""
    path = tmp_path / "walk.csv"
    path.write_bytes(changed(7, "0.070,9.97e36,0,9.8,0,-2605369.1,3"))
    (tmp_path / "walk.json").write_text('{"gaps_s": [[0.06, 0.08]]}')
    recording = read_recording(path)
    assert len(recording.samples_lsb()) == len(GOOD) - 1
    assert [segment.lost for segment in recording.segments] == [0, 1]


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_bad_recording_gets_one_sentence_that_names_the_place(
    tmp_path: Path, what: str, suffix: str
) -> None:
    data, said = BAD[what]
    path = tmp_path / f"walk{suffix}"
    path.write_bytes(gzip.compress(data) if suffix == ".csv.gz" else data)
    with pytest.raises(HeelcueError) as caught:
        _ = read_recording(path).rate_hz
    message = str(caught.value)
    assert message.startswith(str(path)) and said in message and "\n" not in message


def test_broken_gzip_is_told_from_one_that_is_cut_off(tmp_path: Path) -> None:
    whole = gzip.compress(text_of(GOOD), mtime=0)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for data, said in (
        (whole[:-30], "cut off"),
        (bytes(flipped), "not a whole gzip file"),
        (text_of(GOOD), "not a whole gzip file"),
        (b"", "empty"),
    ):
        path = tmp_path / "walk.csv.gz"
        path.write_bytes(data)
        with pytest.raises(HeelcueError, match=said):
            read_recording(path)


SIDECARS: dict[str, tuple[str, str]] = {
    "no JSON": ('{"group": "healthy",\n "strides": [}', "line 2: not valid JSON"),
    "a list": ("[]", "must be one JSON object"),
    "rate": ('{"sampling_rate_hz": "fast"}', "sampling_rate_hz must be a number above 0"),
    "gaps": ('{"gaps_s": [[2, 1]]}', "gaps_s must be a list of"),
    "strides": ('{"strides": 3}', "strides must be a list"),
    "a stride": (
        '{"strides": [{"step_start_s": 1}]}',
        "stride 0 of 'strides': it lacks 'step_end_s'",
    ),
    "a stride's time": (
        '{"strides": [{"step_start_s": 1, "step_end_s": 2, "heel_off_s": NaN,'
        ' "push_off_peak_s": 2, "push_off_peak_dps": 200}]}',
        "stride 0 of 'strides': heel_off_s is nan",
    ),
    "a stride that is none": ('{"strides": [5]}', "stride 0 of 'strides' must be a JSON object"),
    "length": ('{"duration_s": NaN}', "duration_s must be a number above 0, not nan"),
    "cut off at a line's end": ('{"duration_s": 40.0}', "samples end after 2.0 s, and duration_s"),
    "lists in lists": ('{"strides": ' + "[" * 100_000 + "}", "too deep"),
    "a number in digits": ('{"duration_s": ' + "9" * 5000 + "}", ""),
    "longer than floats go": ('{"duration_s": ' + "9" * 400 + "}", "must be a number above 0"),
    "a gap for ever": ('{"gaps_s": [[0, ' + "9" * 400 + "]]}", "gaps_s must be a list of"),
    "a stride in infinity": (
        '{"strides": [{"step_start_s": ' + "9" * 400 + ', "step_end_s": 2, "heel_off_s": 1,'
        ' "push_off_peak_s": 2, "push_off_peak_dps": 200}]}',
        "stride 0 of 'strides'",
    ),
    "who": ('{"subject": {"name": "P1"}}', "subject must be a text"),
    "a group of two": ('{"group": ["healthy", "old"]}', "group must be a text"),
    "in part": ('{"partial": "no"}', "partial must be true or false"),
    "nothing but a gap": ('{"gaps_s": [[-1, 100]]}', "gaps_s leaves no sample"),
}


@pytest.mark.parametrize("what", SIDECARS)
def test_bad_sidecar_is_named(tmp_path: Path, what: str) -> None:
    text, said = SIDECARS[what]
    (tmp_path / "walk.csv").write_bytes(text_of(GOOD))
    (tmp_path / "walk.json").write_text(text)
    with pytest.raises(HeelcueError) as caught:
        _ = read_recording(tmp_path / "walk.csv").strides
    assert said in str(caught.value) and "walk.json" in str(caught.value)


def test_missing_paths_and_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    for path, said in (
        (tmp_path / "none.csv", "no such file"),
        (tmp_path / "notes.txt", r"ends in .csv or .csv.gz; 'heelcue import' turns"),
        (tmp_path, "no recordings"),
    ):
        with pytest.raises(HeelcueError, match=said) as caught:
            find_recordings([path])
        assert caught.value.exit_code == 2


def test_what_our_commands_left_in_the_folder_is_no_recording(tmp_path: Path) -> None:
    """`heelcue replay . --events-dir events`, a report, macOS: the second run finds what the first
    did; a file that is named, or that merely has wrong columns, is still looked at."""
    saved_walk(tmp_path)
    (tmp_path / "._walk.csv").write_bytes(b"\0\5\x16\7")
    assert cli.run(["replay", str(tmp_path), "--events-dir", str(tmp_path / "events")]) == 0
    (tmp_path / "walk-001.csv").write_text(",".join(CSV_COLUMNS) + "\n")
    assert [path.as_posix() for path in find_recordings([tmp_path])] == ["walk"]
    (tmp_path / "foreign.csv").write_text("time,x\n0,1\n")
    named = tmp_path / "events" / "walk.csv"
    assert len(find_recordings([tmp_path])) == 2 and len(find_recordings([named])) == 1


def test_found_recordings_mirror_the_tree_or_the_common_folder(tmp_path: Path) -> None:
    for name in ("a/1.csv", "a/b/2.csv.gz", "c/1.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    names = {p.as_posix() for p in find_recordings([tmp_path])}
    assert names == {"a/1", "a/b/2", "c/1"}
    files = find_recordings([tmp_path / "a/1.csv", tmp_path / "c/1.csv"])
    assert {p.as_posix() for p in files} == {"a/1", "c/1"}
    assert [p.as_posix() for p in find_recordings([tmp_path / "a/b/2.csv.gz"])] == ["2"]
    with pytest.raises(HeelcueError, match="would both be called 1"):
        find_recordings([tmp_path / "a", tmp_path / "c"])


def make(t_s: Any, meta: dict[str, Any] | None = None) -> Recording:
    n = len(t_s)
    return Recording(Path("r.csv"), np.asarray(t_s), np.zeros((n, 3)), np.zeros((n, 3)), meta or {})


def test_jump_of_time_is_a_gap_and_the_rate_does_not_notice() -> None:
    t_s = np.arange(1000) / 208
    t_s[600:] += 25 / 208
    recording = make(np.round(t_s, 3))
    assert recording.rate_hz == 208.0
    assert recording.segments == [Segment(0, 600), Segment(25, 400)]


def test_one_lost_sample_is_a_gap_and_a_clock_that_trembles_is_none() -> None:
    rng = np.random.default_rng(3)
    t_s = (np.arange(1000) + rng.uniform(-0.3, 0.3, 1000)) / 100
    assert make(t_s).segments == [Segment(0, 1000)]
    even = np.arange(1000) / 100
    assert make(np.delete(even, 600)).segments == [Segment(0, 600), Segment(1, 399)]


def test_rows_filled_in_inside_a_gap_are_left_out() -> None:
    recording = make(np.arange(500) / 100, {"gaps_s": [[1.0, 1.5], [1.5, 1.6]]})
    # measured: up to 1.00, at 1.50, from 1.60
    assert recording.segments == [Segment(0, 101), Segment(49, 1), Segment(9, 340)]
    assert len(recording.samples_lsb()) == 442


@given(
    hnp.arrays(np.float64, (5, 3), elements=st.floats(-1e6, 1e6)),
    hnp.arrays(np.float64, (5, 3), elements=st.floats(-1e6, 1e6)),
)
def test_conversion_is_within_half_a_bit_or_clipped(acc: Any, gyr: Any) -> None:
    lsb = to_lsb(acc, gyr)
    assert lsb.dtype == np.int16
    exact = np.hstack([acc / 9.80665 * 2048, gyr * 16.384])
    assert (np.abs(np.clip(exact, -32768, 32767) - lsb) <= 0.5).all()


@given(seed=st.integers(0, 10**6), rate_hz=st.sampled_from([59.0, 100.0, 208.0, 416.0]))
def test_written_recording_reads_back_to_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rate_hz: float
) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.integers(-32768, 32768, (50, 6)).astype(np.int16)
    acc, gyr = raw[:, :3] / 2048 * 9.80665, raw[:, 3:] / 16.384
    path = tmp_path_factory.mktemp("w") / "walk.csv.gz"
    write_recording(path, np.arange(50) / rate_hz, acc, gyr, {"group": "healthy", "strides": []})
    back = read_recording(path)
    assert (back.samples_lsb() == raw).all()
    assert back.meta["group"] == "healthy" and abs(back.rate_hz - rate_hz) <= 0.3
    before = path.read_bytes()
    write_recording(path, np.arange(50) / rate_hz, acc, gyr, back.meta)
    assert path.read_bytes() == before
    assert json.loads(path.with_name("walk.json").read_text()) == back.meta


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, 900),
    length=st.integers(0, 60),
    junk=st.one_of(st.binary(max_size=40), st.text('0123456789.,-+eE \n\r\t"#naif_', max_size=40)),
    gz=st.booleans(),
)
def test_damaged_bytes_give_a_recording_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, junk: bytes | str, gz: bool
) -> None:
    data = text_of(GOOD[:40])
    data = gzip.compress(data, mtime=0) if gz else data
    junk = junk.encode() if isinstance(junk, str) else junk
    path = tmp_path_factory.getbasetemp() / f"damaged.csv{'.gz' if gz else ''}"
    path.write_bytes(data[:start] + junk + data[start + length :])
    try:
        recording = read_recording(path)
        assert recording.rate_hz > 0
        samples = recording.samples_lsb()
    except HeelcueError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert sum(segment.rows for segment in recording.segments) == len(samples)
