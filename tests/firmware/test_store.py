"""The log's files: what was written is there, in order, whole; the oldest goes first."""

import json
from array import array
from pathlib import Path

import pytest
from heelcue import log, store
from heelcue.events import CUE_NONE, R_CUE_KIND, R_HEEL_OFF, R_PEAK_DPS, RECORD_FIELDS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from host_tools.device import log_reader
from host_tools.device.walks import decode_log

KIB = 1024
BLOCK = st.integers(20, 1_900)
OPERATION = st.one_of(
    BLOCK, BLOCK, BLOCK, st.just("start anew"), st.just("erase"), st.just("stray file")
)


def block_of(number: int, size: int) -> bytes:
    """A whole block that says which one it is."""
    return log.block(log.RAW, number.to_bytes(4, "little") + bytes(size))


def on_flash(folder) -> list[int]:
    """Numbers of the blocks in all segments, in the order in which a reader takes them."""
    found = []
    for number in store.segments(str(folder)):
        data = (folder / store.path(number, "").lstrip("/")).read_bytes()
        assert len(data) <= store.SEGMENT_BYTES
        blocks = [payload for _, payload in log_reader.blocks(data)]
        whole = sum(len(payload) + log_reader.OVERHEAD for payload in blocks)
        assert whole == len(data), "whole blocks"
        found += [int.from_bytes(payload[:4], "little") for payload in blocks]
    return found


@given(
    st.lists(st.tuples(OPERATION, st.integers(1, 40)), max_size=30),
    st.sampled_from((64 * KIB, 96 * KIB, 1024 * KIB)),
)
@example([(1_900, 40), ("erase", 1), ("erase", 1), ("erase", 1), (1_900, 1)], 1024 * KIB)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_log_is_the_newest_of_what_was_written(tmp_path_factory, operations, limit_bytes):
    folder = tmp_path_factory.mktemp("log")
    files = store.LogFiles(limit_bytes, str(folder))
    written: list[int] = []
    for operation, times in operations:
        if operation == "start anew":
            files = store.LogFiles(limit_bytes, str(folder))
        elif operation == "stray file":
            (folder / f"{times}.log").write_text("not ours")
            (folder / "12345x.log").write_text("nor this")
        elif operation == "erase":
            last, before = files.cut(), len(written)
            more = True
            while more:  # what comes meanwhile stays
                segments = store.segments(str(folder))
                more = files.erase_oldest(last)
                left = store.segments(str(folder))
                assert left == [n for n in segments[:1] if n > last] + segments[1:]
                assert more == any(n <= last for n in left)
                number = written[-1] + 1 if written else 0
                files.append(block_of(number, times))
                written.append(number)
            written = written[before:]
            assert on_flash(folder) == written
        else:
            for _ in range(times):
                number = written[-1] + 1 if written else 0
                files.append(block_of(number, operation))
                written.append(number)
        kept = on_flash(folder)
        assert kept == written[len(written) - len(kept) :]
        held = len(store.segments(str(folder))) * store.SEGMENT_BYTES
        assert held <= limit_bytes
        # no more was dropped than the limit asks for
        assert len(kept) == len(written) or held >= limit_bytes - store.SEGMENT_BYTES
        written = kept


def record_at(n: int) -> array:
    """A stride's record that begins with a sample."""
    record = array("i", [-1] * RECORD_FIELDS)
    record[R_HEEL_OFF], record[R_CUE_KIND], record[R_PEAK_DPS] = n, CUE_NONE, 400
    return record


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A stride log in an empty folder, and what it said of errors."""
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    made = store.StrideLog(1_000_000, {"n": 0, "rate_hz": 200}, said.append)
    made.said = said
    return made


def strides_on_flash() -> list[int]:
    """First samples of the strides in the log."""
    found = []
    for number in store.segments():
        for kind, payload in log_reader.blocks(Path(store.path(number)).read_bytes()):
            if kind == log.STRIDES:
                found += [record[R_HEEL_OFF] for record, _ in log_reader.decode_strides(payload)]
    return found


def kinds_on_flash() -> list[int]:
    """Kinds of the blocks in the log's first segment."""
    return [kind for kind, _ in log_reader.blocks(Path(store.path(0)).read_bytes())]


@pytest.mark.parametrize("start_ms", [0, (1 << 30) - 3_000])
def test_strides_are_written_in_batches_walking_and_soon_when_standing(kept, start_ms):
    """One write for 24 strides: each may take as long as a flash erase."""

    def at(ms):
        return (start_ms + ms) % (1 << 30)

    for number in range(store.BATCH):
        assert not kept.due(at(number * 1_000), walking=True)
        kept.add(record_at(1_000 + 200 * number), -1, at(number * 1_000))
    assert kept.due(at(24_000), walking=True)
    assert kept.flush(at(24_000)) and kept.pending.count == 0
    assert strides_on_flash() == [1_000 + 200 * number for number in range(store.BATCH)]
    # a last few: not while walking, nor at once, but when the feet have been still
    kept.add(record_at(9_000), -1, at(30_000))
    assert not kept.due(at(60_000), walking=True)
    assert not kept.due(at(34_900), walking=False)
    assert kept.due(at(35_100), walking=False)
    assert kept.flush(at(35_100)) and strides_on_flash()[-1] == 9_000
    assert kept.written == store.BATCH + 1
    assert not kept.due(at(90_000), walking=False), "nothing waits"


def test_a_stray_file_beside_the_segments_stops_no_log(kept):
    """Python reads "0000_1" as 1: a segment that is not there, which could not be removed."""
    for name in ("0000_1.log", "+00002.log", " 00003.log", "000004.txt", "000005.log"):
        Path("log", name).touch()
    assert store.segments() == [5]


def test_no_mark_of_many_set_on_a_walk_is_lost(kept):
    """The seventeenth within a batch of strides was acknowledged, and forgotten."""
    for number in range(40):
        kept.note({"ev": "mark", "n": number})
        if number % 5 == 4 and kept.due(0, walking=True):  # a calm moment
            kept.flush(0)
    kept.flush(0)
    assert kinds_on_flash().count(log.NOTE) == 40


def test_a_note_is_written_as_soon_as_nobody_walks(kept):
    kept.note({"ev": "mark", "n": 5})
    assert kept.due(0, walking=False) and not kept.due(0, walking=True)
    for number in range(40):
        kept.note({"ev": "mark", "n": number})
    assert kept.flush(0)
    assert kinds_on_flash() == [log.SESSION] + [log.NOTE] * 15, (
        "16 wait at most, the session among them"
    )
    kept.note({"ev": "mark", "n": 99})
    assert kept.due(0, walking=False), "one alone, once the session has begun"
    assert kept.flush(0) and len(kinds_on_flash()) == 17


def test_a_flash_that_refuses_is_asked_again_after_a_minute_and_nothing_is_lost(kept, monkeypatch):
    """Full for a while: what does not fit any more is counted, the oldest is what is kept."""

    def refuse(*_):
        raise OSError(28)

    with monkeypatch.context() as flash:
        flash.setattr(store, "open", refuse, raising=False)
        for number in range(30):
            kept.add(record_at(1_000 + 200 * number), -1, 0)
        assert kept.due(50_000, walking=True) and not kept.flush(50_000)
        assert kept.said == ["the log could not be written (error 28)"]
        assert not kept.pressing
        assert not kept.due(109_900, walking=True) and not kept.due(109_900, walking=False)
        number = 30
        while not kept.lost:
            kept.add(record_at(1_000 + 200 * number), -1, 0)
            number += 1
    assert number > 40
    assert kept.due(110_100, walking=True) and kept.flush(110_100)
    assert strides_on_flash() == [1_000 + 200 * k for k in range(number - 1)]
    assert (kept.written, kept.lost) == (number - 1, 1)


def test_what_waits_presses_before_the_first_stride_finds_no_room(kept):
    """Where pulses fill every calm moment the log is written all the same, and nothing is lost."""
    number = 0
    while not kept.pressing:
        kept.add(record_at(1_000 + 20_000 * number), -1, 0)
        number += 1
    assert number > store.BATCH / 2 and kept.lost == 0
    kept.add(record_at(1_000 + 20_000 * number), -1, 0)
    assert kept.lost == 0 and kept.flush(0) and not kept.pressing
    assert len(strides_on_flash()) == number + 1


def test_a_session_begins_where_the_strides_of_the_one_before_end(kept):
    kept.begin({"n": 7})
    kept.add(record_at(1_000), -1, 0)
    kept.begin({"n": 2_000})
    kept.add(record_at(2_200), -1, 0)
    assert kept.flush(0)
    assert kinds_on_flash() == [log.SESSION, log.STRIDES, log.SESSION, log.STRIDES]
    assert kept.written == 2 and strides_on_flash() == [1_000, 2_200]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400_000)), max_size=30))
def test_a_fault_is_news_again_after_ten_minutes(times):
    made = store.StrideLog.__new__(store.StrideLog)
    made._faults_ms, noted = {}, []
    made.note = noted.append
    now, last, wanted = 0, {}, []
    for code, later_ms in times:
        now += later_ms
        made.fault(code, (code, now), now % (1 << 30))
        if code not in last or now - last[code] >= 600_000:
            last[code] = now
            wanted.append((code, now))
    assert noted == wanted


def test_a_start_alone_is_nothing_to_write_and_goes_before_the_first_thing_that_is(kept):
    """A bump wakes it a hundred times a day: each would be a write, and a walk in the report."""
    assert not kept.due(60_000, walking=False) and not store.segments()
    kept.note({"n": 1, "ev": "walk"})
    assert kept.due(60_000, walking=False)
    assert kept.flush(60_000) and kinds_on_flash() == [log.SESSION, log.NOTE]
    kept.note({"n": 2, "ev": "stop"})
    assert kept.due(61_000, walking=False), "the start is on flash: one note is something"


def test_strides_can_be_read_although_the_segment_their_session_began_in_was_dropped(kept):
    """Two hours awake fill the least log: then the session went, and nobody could read the rest."""
    kept.files.limit_bytes = 64 * KIB
    n = 1_000
    while len(store.segments()) < 2 or store.segments()[0] == 0:
        kept.add(record_at(n), -1, 0)
        n += 200
        if kept.due(0, walking=True):
            kept.flush(0)
    pieces = [Path(store.path(number)).read_bytes() for number in store.segments()]
    for piece in pieces:
        kind, payload = next(log_reader.blocks(piece))
        assert (kind, json.loads(bytes(payload))["n"]) == (log.AGAIN, 0)
    (walk,) = decode_log(pieces)
    assert [stride.heel_off_s * 200 for stride in walk.strides] == strides_on_flash()


def test_the_oldest_strides_make_room_for_settings_and_updates(tmp_path, monkeypatch):
    """128 KiB stay free, whatever the log's own limit: a segment goes for each that is short."""
    files = store.LogFiles(1024 * KIB, str(tmp_path))
    for number in range(6):
        files.append(block_of(number, 30_000))
    short = 2 * store.SEGMENT_BYTES

    def free(_):
        return 128 * KIB - short + (6 - len(store.segments(str(tmp_path)))) * store.SEGMENT_BYTES

    monkeypatch.setattr(store, "free_bytes", free)
    files.make_room()
    assert store.segments(str(tmp_path)) == [2, 3, 4, 5]
