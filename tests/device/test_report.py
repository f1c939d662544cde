"""The stride log as a report: decoded, dated, drawn, and legible in a browser without a network."""

import csv
import json
import re
import shutil
import subprocess
import time
from array import array
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heelcue import events as gait
from heelcue import log
from heelcue import settings as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools import cli
from host_tools.device import log_reader
from host_tools.device.report_html import BY_THIS_SENSOR, in_words
from host_tools.device.report_plots import date_ticks
from host_tools.device.walks import decode_log, figures, variability_pct
from host_tools.replay import Walk, replay_walk
from tests.host.walks import generated_recording

from .log_maker import make_log

CHROMIUM = next((p for name in ("chromium", "chromium-browser", "google-chrome")
                 if (p := shutil.which(name))), None)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """A report of two walks, one without a date."""
    folder = tmp_path_factory.mktemp("report")
    logs = folder / "log"
    logs.mkdir()
    for number, epoch_s in enumerate((None, 1_790_300_000)):
        (logs / f"{number:06d}.log").write_bytes(make_log(200, epoch_s, seed=number))
    assert cli.run(["report", "--from", str(logs), "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_figures_are_what_was_logged() -> None:
    """Every stride comes back, with its times, cue and latency."""
    (walk,) = decode_log([make_log(400)])
    assert len(walk.strides) == 400
    known = figures(walk)
    assert known["cadence_spm"] == pytest.approx(120 / 1.11, rel=0.01)
    assert known["push_off_ms"] == pytest.approx(230, abs=5)
    assert known["swing_ms"] == pytest.approx(390, abs=10)
    assert known["stance_pct"] == pytest.approx(65, abs=1)
    assert known["predicted"] + known["reactive"] + known["missed"] == pytest.approx(1)
    assert known["missed"] == pytest.approx(0.05, abs=0.03)
    assert known["cue_median_ms"] == pytest.approx(-40, abs=10)
    assert 0.8 < known["latency_median_ms"] < 2
    assert known["battery_mv"][0] > known["battery_mv"][-1]


def session(*blocks: bytes) -> list[Any]:
    head = {"fw": "0.1.0", "rate_hz": 100.0, "epoch_s": 1_790_000_000}
    return decode_log([log.json_block(log.SESSION, head) + b"".join(blocks)])


def strides_block(rows: list[tuple[int, ...]]) -> bytes:
    """Lay rows of (heel-off, toe-off, contact, next, cue, kind, latency in ms) out as the board."""
    block = log.StrideBlock()
    for heel_off, toe_off, contact, after, cue, kind, latency_ms in rows:
        record = array("i", [-1] * gait.RECORD_FIELDS)
        record[gait.R_HEEL_OFF], record[gait.R_TOE_OFF] = heel_off, toe_off
        record[gait.R_CONTACT], record[gait.R_NEXT_HEEL_OFF] = contact, after
        record[gait.R_CUE], record[gait.R_CUE_KIND], record[gait.R_PEAK_DPS] = cue, kind, 400
        assert block.add(record, latency_ms * 1000)
    return log.block(log.STRIDES, block.payload())


def test_figures_of_a_walk_of_which_all_is_known() -> None:
    """Twelve strides of 1.20 s, of which one stands still for 3 s; samples of 10 ms."""
    rows, n = [], 1000
    for number in range(12):
        length = 300 if number == 5 else 120
        kind = gait.CUE_REACTIVE if number < 3 else gait.CUE_PREDICTED
        cue = n + 2 if number < 3 else n - 5
        rows.append((n, n + 30, n + 72, n + length, cue, kind, number + 1))
        n += length
    (walk,) = session(strides_block(rows))
    known = figures(walk)
    assert known["strides"] == 12 and known["minutes"] == pytest.approx((11 * 1.2 + 3) / 60)
    wanted = {
        "cadence_spm": 100, "stride_s": 1.2, "stride_variability_pct": 0, "push_off_ms": 300,
        "swing_ms": 420, "heel_down_ms": 480, "stance_pct": 65, "predicted": 0.75,
        "reactive": 0.25, "missed": 0, "predicted_median_ms": -50, "reactive_median_ms": 20,
        "latency_median_ms": 6.5, "latency_p95_ms": 11.45, "peak_dps": 400,
    }  # fmt: skip
    assert {key: known[key] for key in wanted} == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("pause_s", "walks"), [(110, 1), (130, 2)])
def test_two_minutes_without_a_stride_part_two_walks(pause_s: int, walks: int) -> None:
    one = [(n, n + 30, n + 72, n + 120, -1, gait.CUE_NONE, 0) for n in range(0, 1200, 120)]
    two = [tuple(k + 1080 + 100 * pause_s for k in row[:4]) + row[4:] for row in one]
    # the device writes a batch's notes, which may be of its end, before the strides
    note = log.json_block(log.NOTE, {"ev": "battery", "n": two[-1][0], "mv": 3800})
    found = session(strides_block(one) + note + strides_block(two))
    assert len(found) == walks
    assert [len(walk.battery_mv) for walk in found] == [0] * (walks - 1) + [1]
    assert figures(found[0])["stride_s"] == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("asleep_s", "clock_s", "walks"),
    [
        (75, {"epoch_s": 1_790_000_000}, 1),
        (200, {"epoch_s": 1_790_000_000}, 2),
        (75, {"on_s": 2}, 1),
        (200, {"on_s": 2}, 2),
        (75, {}, 2),  # a log of the firmware before `on_s`
    ],
)
def test_a_sleep_shorter_than_two_minutes_parts_no_walk(
    asleep_s: int, clock_s: dict[str, int], walks: int
) -> None:
    """Sleep comes after a minute and each start begins a session; only the clock joins them."""
    rows = [(n, n + 30, n + 72, n + 120, -1, gait.CUE_NONE, 0) for n in range(0, 1200, 120)]
    note = log.json_block(log.NOTE, {"ev": "battery", "n": 500, "mv": 3800})
    data = b""
    for began_s in (0, 12 + asleep_s):
        head: dict[str, Any] = {"fw": "0.1.0", "rate_hz": 100.0, "n": 0}
        head |= {name: start_s + began_s for name, start_s in clock_s.items()}
        data += log.json_block(log.SESSION, head) + note + strides_block(rows)
    found = decode_log([data])
    assert len(found) == walks
    assert figures(found[0])["stride_s"] == pytest.approx(1.2)
    if walks == 1:
        assert found[0].duration_s == pytest.approx(12 + asleep_s + 12)
        assert [at_s for at_s, _ in found[0].battery_mv] == [5, 12 + asleep_s + 5]
        times = list(found[0].values("heel_off_s"))
        assert times == sorted(times)


def test_a_clock_that_was_never_set_joins_and_dates_only_until_the_next_switching_off() -> None:
    rows = [(n, n + 30, n + 72, n + 120, -1, gait.CUE_NONE, 0) for n in range(0, 1200, 120)]

    def start(**clock: int) -> bytes:
        head = {"fw": "0.1.0", "rate_hz": 100.0, "n": 0} | clock
        return log.json_block(log.SESSION, head) + strides_block(rows)

    # 75 s after its first walk it was switched off and on, and lay for 75 s more before the next
    apart = decode_log([start(on_s=2) + start(on_s=2) + start(on_s=89)])
    assert [walk.life for walk in apart] == [1, 2]
    clock = log.json_block(log.NOTE, {"ev": "time", "n": 1300, "epoch_s": 1_790_000_000})
    dated = decode_log(
        [start(on_s=500), start(on_s=2) + start(on_s=3000) + clock + start(on_s=4000)]
    )
    began_s = 1_790_000_000 - 13
    assert [walk.epoch_s for walk in dated] == [None, began_s - 2998, began_s, None]


def test_a_month_awake_does_not_turn_the_report_s_time_back() -> None:
    """The board's index begins anew at 2**29."""
    whole = [(1 << 29) - 1000 + 120 * number for number in range(20)]
    parts = [
        [(n % (1 << 29), -1, -1, (n + 120) % (1 << 29), -1, gait.CUE_NONE, 0) for n in half]
        for half in (whole[:9], whole[9:])
    ]
    note = log.json_block(log.NOTE, {"ev": "time", "n": 1000, "epoch_s": 1_800_000_000})
    (walk,) = session(*map(strides_block, parts), note)
    assert [round(stride.heel_off_s * 100) for stride in walk.strides] == whole
    assert walk.epoch_s == 1_800_000_000 - ((1 << 29) + 1000) / 100


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its time zone")
def test_a_walk_in_the_hour_that_comes_twice_is_dated_with_its_offset(monkeypatch) -> None:
    """25 October 2026, 02:30 in Berlin: first at +02:00, an hour later again at +01:00."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        told = []
        for epoch_s in (1_792_888_200, 1_792_891_800):
            (walk,) = decode_log([make_log(20, epoch_s, start_n=0)])
            told.append(figures(walk)["began"])
        assert told == ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_cue_for_a_stride_that_never_came_is_no_stride() -> None:
    (walk,) = decode_log([make_log(100, false_cues=7)])
    (without,) = decode_log([make_log(100)])
    known = figures(walk)
    assert known["false_cues"] == 7 and known["strides"] == 100
    alike = ("cadence_spm", "stride_variability_pct", "cue_median_ms", "missed", "predicted")
    assert all(known[key] == figures(without)[key] for key in alike)


@pytest.mark.parametrize(("settings", "share"), [({}, 1.0), ({"motor_spin_up_ms": 150}, 0.03)])
def test_a_cue_is_in_time_by_when_it_was_felt(settings: dict[str, int], share: float) -> None:
    """Switched on 40 ms before heel-off (sd 25): right for a motor that takes 40 ms."""
    (walk,) = decode_log([make_log(400, settings=settings)])
    assert figures(walk)["cue_within_50_ms"] == pytest.approx(share, abs=0.06)
    ahead = settings | {"lead_ms": 100}  # 100 ms too late for that, all but the reactions
    (walk,) = decode_log([make_log(400, settings=ahead)])
    assert figures(walk)["cue_within_50_ms"] < 0.05


@pytest.mark.parametrize("strides", [10, 30, 300])
def test_variability_is_that_of_the_steady_strides_however_short_the_walk(strides: int) -> None:
    """A tenth of the strides has a stop in it; the ends of the distribution are not cut off."""
    rng = np.random.default_rng(strides)
    told = []
    for _ in range(200):
        lengths = rng.normal(1.1, 0.033, strides)
        lengths[: strides // 10] += rng.uniform(0.4, 1.2, strides // 10)
        told.append(variability_pct(lengths))
    assert np.mean(told) == pytest.approx(3.0, rel=0.08)
    assert variability_pct(np.full(20, 1.1)) == pytest.approx(0)
    assert variability_pct(np.array([np.nan] * 20 + [1.1] * 9)) is None


def test_stance_is_as_much_too_long_as_the_report_says() -> None:
    """The device's toe-off is the turn of the foot: a report must not pass it for the toes'."""
    made = generated_recording(60.0)
    truth = [
        1
        - (one["initial_contact_s"] - one["toe_off_s"]) / (other["heel_off_s"] - one["heel_off_s"])
        for one, other in pairwise(made.meta["strides"])
    ]
    told = [
        1 - (one.initial_contact_s - one.toe_off_s) / (one.next_heel_off_s - one.heel_off_s)
        for one in replay_walk(Walk.of(made), schema.defaults()).strides
    ]
    assert "about 8 % of the stride longer" in BY_THIS_SENSOR
    assert np.nanmedian(told) - np.median(truth) == pytest.approx(0.08, abs=0.02)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0.2, "less than a minute"), (0.9, "1 minute and"), (12.4, "12 minutes and")],
)
def test_a_walk_in_words(minutes, said) -> None:
    """Short walks too."""
    (walk,) = decode_log([make_log(40)])
    assert in_words(figures(walk) | {"minutes": minutes}).startswith(f"You walked {said}")


def test_a_cue_at_heel_off_is_neither_before_nor_after() -> None:
    (walk,) = decode_log([make_log(40)])
    assert in_words(figures(walk) | {"cue_median_ms": 0.3}).endswith("was sent at heel-off.")


@given(
    st.lists(st.integers(0, 4 * 365 * 24), min_size=2, max_size=60, unique=True),
    st.sampled_from([1, 24, 24 * 30]),
)
def test_dates_below_the_trend_never_touch(hours: list[int], slower: int) -> None:
    """Walks of one day had the same name each, or names on top of each other; years had none."""
    began = datetime(2025, 11, 3, 8, tzinfo=timezone.utc)
    times = [began + timedelta(hours=each) / slower for each in sorted(hours)]
    ticks, names = date_ticks(times)
    span = times[-1] - times[0]
    assert ticks[0] == times[0] and set(ticks) <= set(times)
    assert len(set(names)) == len(names) == len(ticks) <= 6
    assert all(later - earlier >= span / 5 for earlier, later in pairwise(ticks))
    if span >= timedelta(days=2) and times[0].year != times[-1].year:
        assert all(str(tick.year) in name for tick, name in zip(ticks, names, strict=True))


def test_walks_are_split_at_pauses_and_dated_late() -> None:
    """A session of two walks; the clock that is set at its end dates both."""
    first, second = make_log(50, None), make_log(60, None, start_n=200 * 600)
    again = b"".join(
        log.block(kind, bytes(p)) for kind, p in log_reader.blocks(second) if kind != 1
    )
    clock = log.json_block(log.NOTE, {"ev": "time", "n": 200 * 1000, "epoch_s": 1_790_001_000})
    one, two = decode_log([first + again + clock])
    assert (len(one.real), len(two.real)) == (50, 60)
    assert one.began is not None and two.began is not None
    assert (two.began - one.began).total_seconds() == pytest.approx(590, abs=1)
    assert two.epoch_s == pytest.approx(1_790_000_000, abs=1)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4000), st.integers(0, 255))
def test_damage_costs_no_more_than_its_block(junk, at, value) -> None:
    """Junk between segments and a flipped byte: no crash, most strides stay."""
    data = bytearray(make_log(200))
    data[at % len(data)] = value
    walks = decode_log([bytes(data[:50]), junk, bytes(data[50:])])
    assert sum(len(walk.strides) for walk in walks) <= 200


def test_pages_need_nothing_else(report: Path) -> None:
    """No script, no address, every picture inside; the CSV and PNGs beside."""
    pages = sorted(report.glob("*.html"))
    assert len(pages) == 3
    for page in pages:
        text = page.read_text()
        assert "<script" not in text
        sources = re.findall(r'(?:src|href)="([^"]{1,20})', text)
        assert sources
        for source in sources:
            assert source.startswith(("data:", "walk-", "index"))
    table = list(csv.DictReader((report / "walk-001.csv").open()))
    assert len(table) == 200
    assert {"heel_off_s", "cue", "latency_ms"} <= set(table[0])
    assert len(list(report.glob("walk-001-*.png"))) == 6
    assert "date unknown" in (report / "walk-001.html").read_text()


def test_nothing_to_report_is_said(tmp_path, capsys) -> None:
    """An empty log gives one sentence, and no folder of empty pages."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "000000.log").write_bytes(make_log(4))
    assert cli.run(["report", "--from", str(tmp_path / "log"), "--out", str(tmp_path / "o")]) == 1
    assert "holds no walk yet" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def browse(page: Path, width: int, scratch: Path) -> tuple[list[str], dict[str, Any]]:
    """Open a page in headless Chromium; returns console lines, and what the page has become."""
    assert CHROMIUM is not None
    probe = scratch / "probe.html"
    # Headless Chromium's windows are at least 500 px wide: a frame gives the page a phone's width
    probe.write_text(
        f'<iframe id="f" src="{page.as_uri()}" width="{width}" height="800"></iframe><script>'
        "onload = () => { const f = document.getElementById('f'); const d = f.contentDocument;"
        "const e = d.documentElement; const small = [...d.querySelectorAll('p,td,li,figcaption')]"
        ".map(x => parseFloat(getComputedStyle(x).fontSize));"
        "const wide = [...d.querySelectorAll('img')].filter(x => x.naturalWidth > 0 &&"
        "x.getBoundingClientRect().right <= e.clientWidth + 1).length;"
        "const asked = f.contentWindow.performance.getEntriesByType('resource').map(x => x.name);"
        "document.title = JSON.stringify({scroll: e.scrollWidth, client: e.clientWidth,"
        "font: Math.floor(Math.min(...small)), fit: wide, asked: asked.filter("
        "x => !x.startsWith('data:')), images: d.querySelectorAll('img').length}); }</script>"
    )
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={scratch / 'profile'}", "--allow-file-access-from-files",
            "--enable-logging=stderr", "--dump-dom", probe.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title, done.stdout[:500]
    return console, json.loads(title.group(1).replace("&quot;", '"'))


@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(report: Path, width, tmp_path) -> None:
    """No console line, no request, nothing wider than the screen, no print below 12 px."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the report was not opened in a browser")
    for page in ("index.html", "walk-001.html"):
        scratch = tmp_path / page
        scratch.mkdir()
        console, sizes = browse(report / page, width, scratch)
        assert console == []
        assert sizes["asked"] == []
        assert sizes["scroll"] <= sizes["client"]
        assert sizes["font"] >= 12
        assert sizes["fit"] == sizes["images"] > 0


def test_a_folder_without_logs_is_not_called_a_short_walk(tmp_path, capsys) -> None:
    """No log files, and files that are no log: each told as what it is."""
    assert cli.run(["report", "--from", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no log files" in capsys.readouterr().err
    (tmp_path / "000000.log").write_bytes(bytes(3000))
    assert cli.run(["report", "--from", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "no stride log of Heelcue" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
