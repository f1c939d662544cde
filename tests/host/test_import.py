"""`heelcue import`: exports of other programs, as they come."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from host_tools import cli
from host_tools.evaluate import evaluate_files
from host_tools.recordings import GRAVITY_MPS2, read_recording
from host_tools.settings_file import load_settings
from tests.host.walks import generated_recording

WALK = generated_recording(20.0)
RATE_HZ = 208.0
T_S, ACC, GYR = WALK.t_s, WALK.acc_mps2, WALK.gyr_dps
Rows = NDArray[np.float64]


def text(rows: Rows, separator: str, head: str = "", comma: bool = False) -> bytes:
    """Lay rows out as a program would; NaN becomes an empty field."""
    lines = [
        separator.join("" if np.isnan(value) else f"{value:.6f}" for value in row) for row in rows
    ]
    body = "\n".join(lines)
    return (head + (body.replace(".", ",") if comma else body) + "\n").encode()


def xsens() -> bytes:
    count = np.arange(len(T_S))
    rows = np.column_stack([count, T_S * 1e6 + 123456, ACC * 0, ACC, np.radians(GYR)])
    head = "//SelectedFilterProfile: General\nPacketCounter,SampleTimeFine,FreeAcc_X,FreeAcc_Y,"
    return text(rows, ",", head + "FreeAcc_Z,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\r\n")


def shimmer() -> bytes:
    axes = (f"{kind}_{axis}" for kind in ("Accel_WR", "Gyro") for axis in "XYZ")
    names = ["Timestamp_Unix", *axes]
    head = "\t".join(f"Shimmer_B663_{name}_CAL" for name in names)
    units = "\t".join(["ms", *["m/(s^2)"] * 3, *["deg/s"] * 3])
    rows = np.column_stack([T_S * 1000 + 1.7e12, ACC, GYR])
    return text(rows, "\t", f'"sep=\t"\n{head}\n{units}\n')


def phone() -> bytes:
    head = '"Time (s)";"Acceleration x (g)";"Acceleration y (g)";"Acceleration z (g)";'
    head += '"Gyroscope x (rad/s)";"Gyroscope y (rad/s)";"Gyroscope z (rad/s)"\n'
    return text(np.column_stack([T_S, ACC / GRAVITY_MPS2, np.radians(GYR)]), ";", head, comma=True)


def short_names() -> bytes:
    rows = np.column_stack([GYR, ACC / GRAVITY_MPS2 * 1000, T_S])
    return gzip.compress(text(rows, " ", "gx gy gz ax ay az t_s\n"))


def millidegrees() -> bytes:
    return text(np.column_stack([T_S, ACC, GYR * 1000]), ",", "t,ax,ay,az,gx,gy,gz\n")


@pytest.mark.parametrize(
    ("made", "gyro", "units"),
    [
        (xsens, "rad/s", {"time": "us", "acc": "m/s2"}),
        (shimmer, "deg/s", {"time": "ms", "acc": "m/s2"}),
        (phone, "rad/s", {"time": "s", "acc": "g"}),
        (short_names, "deg/s", {"time": "s", "acc": "mg"}),
        (millidegrees, "mdps", {"time": "s", "acc": "m/s2"}),
    ],
)
def test_an_export_becomes_the_recording_it_was_made_from(
    made: Callable[[], bytes],
    gyro: str,
    units: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export, target = tmp_path / "ex port.txt", tmp_path / "é" / "walk.csv.gz"
    export.write_bytes(made())
    assert cli.run(["import", str(export), str(target), "--gyro", gyro, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["units"] == units | {"gyr": gyro}
    assert told["samples"] == len(T_S) and told["lost"] == 0 and told["doubt"] is None
    found = read_recording(target)
    assert found.rate_hz == pytest.approx(RATE_HZ, rel=1e-3)
    assert np.abs(found.t_s - (T_S - T_S[0])).max() < 2e-4
    assert np.abs(found.acc_mps2 - ACC).max() < 0.002
    assert np.abs(found.gyr_dps - GYR).max() < 0.01


def test_without_names_or_times_columns_are_numbered_and_the_rate_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A matrix from MATLAB, through a pipe; lost rows are NaN. Then labelled and scored."""
    rows = np.column_stack([GYR, ACC])
    rows[1000:1010] = np.nan
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text(rows, ","))))
    target = str(tmp_path / "m.csv")
    command = ["import", "-", target, "--gyro", "deg/s", "--rate", "208", "--subject", "m1"]
    assert cli.run([*command, "--columns", "4,5,6,1,2,3"]) == 0
    assert "10 lost" in capsys.readouterr().out
    assert cli.run(["label", target, "--in-place"]) == 0
    evaluation = evaluate_files({Path("m"): Path(target)}, load_settings(None))
    (result,) = evaluation.results
    assert result.subject == "m1" and len(result.heel_offs.hits) > 8


def test_a_wrong_unit_of_the_angular_rate_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "x.txt"
    export.write_bytes(xsens())
    assert cli.run(["import", str(export), str(tmp_path / "w.csv"), "--gyro", "deg/s"]) == 0
    captured = capsys.readouterr()
    assert "really in deg/s (--gyro)?" in captured.err and "Gyr_X" in captured.out


SHORT = "t,ax,ay,az,gx,gy,gz"
PART = slice(1000, 2500)  # a few strides suffice for what is odd about a file


def columns_of(time: Rows = T_S, acc: Rows = ACC, head: str = SHORT, part: slice = PART) -> bytes:
    """Lay the walk out with other times or accelerations."""
    return text(np.column_stack([time, acc, GYR])[part], ",", head + "\n")


def zeros_for_the_lost() -> bytes:
    rows = np.column_stack([T_S, ACC, GYR])[PART]
    rows[1000:1100, 1:] = 0
    return text(rows, ",", SHORT + "\n")


def phyphox() -> bytes:
    """Decimal commas and exponents, and a first row that shows neither sign nor comma."""
    head, *rows = columns_of(time=T_S - T_S[PART][0]).decode().splitlines()
    rows = [";".join(f"{float(value):.6E}" for value in row.split(",")) for row in rows]
    first_row = ";".join(f"{round(float(value))}" for value in rows[0].split(";"))
    return "\n".join([head.replace(",", ";"), first_row, *rows[1:]]).replace(".", ",").encode()


@pytest.mark.parametrize(
    ("data", "left_out"),
    [
        (columns_of().decode().encode("utf-16"), 0),  # a spreadsheet's "Unicode text"
        (columns_of(head=SHORT.replace("ax,ay,az", "acc_x,acc_y,acc_z")), 0),
        (
            re.sub(
                rb"(?m)^([0-9.]+),",
                rb"\1,3,",
                columns_of(head="t,accuracy,accx,accy,accz,gx,gy,gz"),
            ),
            0,
        ),
        (phyphox(), 0),
        (zeros_for_the_lost(), 100),
        (columns_of(time=np.round(T_S * 1e3), head=SHORT.replace("t,", "t_ms,")), 0),
        (re.sub(rb"(?m)^([-0-9.].*)$", rb"\1,,", columns_of()), 0),  # rows end with separators
        (columns_of(head="t (s),ax (g°),ay,az,gx,gy,gz").replace("°".encode(), b"\xb0"), 0),
    ],
    ids=range(8),
)
def test_odd_exports_are_read_right(
    data: bytes, left_out: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export, target = tmp_path / "export.csv", tmp_path / "w.csv"
    export.write_bytes(data)
    assert cli.run(["import", str(export), str(target), "--gyro", "deg/s", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left_out"] == told["lost"] == left_out and told["doubt"] is None
    found = read_recording(target)
    kept = np.searchsorted(T_S[PART] - T_S[PART][0], found.t_s - 1e-3)
    assert len(kept) == len(T_S[PART]) - left_out
    assert np.abs(found.acc_mps2[1:] - ACC[PART][kept][1:]).max() < 0.01
    assert np.abs(found.gyr_dps[1:] - GYR[PART][kept][1:]).max() < 0.01


def thousands(separator: str) -> bytes:
    """Accelerations in mg, as a program writes them that separates thousands."""
    lines = [SHORT.replace(",", ";")]
    for t_s, acc, gyr in zip(T_S, ACC / GRAVITY_MPS2 * 1000, GYR, strict=True):
        mg = [f"{value:,.0f}".replace(",", separator) for value in acc]
        lines.append(";".join([f"{t_s:.6f}", *mg, *(f"{value:.6f}" for value in gyr)]))
    body = "\n".join(lines)
    if separator == ".":  # and a decimal comma
        body = re.sub(r"\.(?=\d{6})", ",", body)
    return body.encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (thousands(","), "is no number with a decimal"),
        (thousands("."), "is no number with a decimal comma"),
        (
            columns_of(acc=ACC - np.median(ACC, axis=0), part=slice(None)),
            "gravity must not be taken off",
        ),
        (columns_of(acc=ACC / GRAVITY_MPS2 * 2048), "one g in no unit"),
        (columns_of(time=np.arange(len(T_S))), "column t count samples, or ms?"),
        (columns_of(time=np.arange(len(T_S)), head="timestamp" + SHORT[1:]), "count samples"),
        (columns_of().replace(b"\n5.", b"\n2024-01-01 00:00:05."), "for times of day: --rate HZ"),
        (columns_of() + SHORT.encode() + b"\n", "column t: 't' is no number"),
        (columns_of(time=T_S + 7200 * (T_S[2000] < T_S)), "line 1003: time jumps by 2 hours"),
        (columns_of(acc=np.where(ACC[2000] == ACC, 9.96921e36, ACC)), "that no sensor measures"),
    ],
    ids=range(10),
)
def test_what_would_be_read_wrong_without_a_word_is_refused(
    data: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Free acceleration in m/s^2 passed for g, a count of samples for ms; 1,024 for a hole."""
    export = tmp_path / "export.csv"
    export.write_bytes(data)
    assert cli.run(["import", str(export), str(tmp_path / "w.csv"), "--gyro", "deg/s"]) == 1
    assert sentence in capsys.readouterr().err and list(tmp_path.iterdir()) == [export]


def first(rows: int) -> bytes:
    return b"\n".join(xsens().split(b"\n")[:rows]) + b"\n"


def untimed() -> bytes:
    """Without a synchronised clock the column is there and empty."""
    return re.sub(rb"(?m)^([0-9.]+),[0-9.]+,", rb"\1,,", first(40))


@pytest.mark.parametrize(
    ("data", "options", "sentence", "code"),
    [
        (b"MATLAB 5.0 MAT-file\0", [], "writematrix", 1),
        (b"", [], "no row of 6 or more numbers", 1),
        (b"a,b\n1,2\n", [], "no row of 6 or more numbers", 1),
        (first(40) + b"1,2,3\n", [], "line 41: 3 columns where 11 belong", 1),
        (first(40) + b"End.\n", [], "line 41: 1 column where 11 belong; if it is no row", 1),
        (xsens().replace(b"Acc_Y", b"Acc_X"), [], "which column is acc_x?", 2),
        (xsens().replace(b"Acc_Y", b"Acc_X"), ["--columns", "2,Acc_X,7,8,9,10,11"], "no column", 2),
        (xsens().replace(b"Acc_X", b"What_X"), [], "which column is acc_x?", 2),
        (xsens(), ["--columns", "1,2,3"], "--columns has 3 where 7 belong", 2),
        (xsens(), ["--columns", "1,2,3,4,5,6,77"], "no column '77'; it has: 1 PacketCounter", 2),
        (xsens(), ["--columns", "2,6,7,8,9,10,10"], "names a column twice", 2),
        (xsens(), ["--rate", "5"], "--rate must be 20 to 2000", 2),
        (xsens(), ["--columns", "2,3,4,5,9,10,11"], "one g in no unit", 1),
        (first(40) + first(40).split(b"\n", 2)[2], [], "line 41: time stands still or runs", 1),
        (untimed(), [], "no row has a number in each of SampleTimeFine, Acc_X", 1),
        (b"\x1f\x8bxx", [], "not a whole gzip file", 1),
    ],
    ids=range(16),
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(
    data: bytes,
    options: list[str],
    sentence: str,
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(data)
    command = ["import", str(export), str(tmp_path / "w.csv"), "--gyro", "rad/s", *options]
    assert cli.run(command) == code
    captured = capsys.readouterr()
    assert sentence in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert list(tmp_path.iterdir()) == [export]


def test_what_is_there_already_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sidecar may hold labels that somebody set by hand."""
    export, labels = tmp_path / "x.txt", tmp_path / "w.json"
    export.write_bytes(xsens())
    labels.write_text("{}")
    assert cli.run(["import", str(export), str(tmp_path / "w.csv"), "--gyro", "rad/s"]) == 2
    assert "w.json is there already" in capsys.readouterr().err and labels.read_text() == "{}"
