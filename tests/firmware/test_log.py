"""The log's format: what goes in comes out, and what is broken costs nothing else."""

import json
from array import array
from functools import partial

import pytest
from heelcue import log, store
from heelcue.events import (
    R_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_NEXT_HEEL_OFF,
    R_PEAK_DPS,
    R_PREDICTED,
    R_TOE_OFF,
    RECORD_FIELDS,
)
from heelcue.predictor import N_MASK
from hypothesis import example, given, settings
from hypothesis import strategies as st

from host_tools.device import log_reader

DUMPS = json.dumps
AFTER = st.one_of(st.just(-1), st.integers(0, 5000))
AROUND = st.one_of(st.none(), st.integers(-400, 400))
STRIDE = st.tuples(
    st.integers(1, 3000), AFTER, AFTER, AFTER, AROUND, AROUND, st.integers(0, 2000),
    st.integers(0, 3), st.integers(0, 99_999),
)  # fmt: skip


def records(strides, start):
    """Turn drawn values into pipeline records that follow one another."""
    first = start
    for step, toe, contact, after, cue, predicted, peak, kind, latency in strides:
        first += step
        record = array("i", [-1] * RECORD_FIELDS)
        record[R_HEEL_OFF] = first
        for field, value in ((R_TOE_OFF, toe), (R_CONTACT, contact), (R_NEXT_HEEL_OFF, after)):
            record[field] = first + value if value >= 0 else -1
        for field, value in ((R_CUE, cue), (R_PREDICTED, predicted)):
            record[field] = first + value if value is not None else -1
        record[R_PEAK_DPS] = peak
        record[R_CUE_KIND] = kind
        yield record, latency


@given(st.lists(STRIDE, max_size=60), st.integers(400, 1 << 30))
@settings(max_examples=60)
def test_strides_come_back_as_they_were(strides, start):
    block = log.StrideBlock()
    kept = []
    for record, latency in records(strides, start):
        if block.add(record, latency):
            kept.append((list(record), latency // 100 * 100 if record[R_CUE] >= 0 else -1))
    assert block.count == len(kept)
    assert len(kept) == len(strides) or block.full()
    if kept:
        assert log_reader.decode_strides(block.payload()) == kept


def test_a_record_of_nothing_takes_no_room_and_is_no_reason_for_another_block():
    block = log.StrideBlock()
    assert block.add(array("i", [-1] * RECORD_FIELDS), -1)
    assert (block.count, block.used) == (0, 4)


@given(st.text(max_size=40))
@example("\x7f")
@example("Bordstein ö, \U0001f9b6")
def test_what_is_told_is_ascii_and_reads_as_it_was(text):
    """Whether json.dumps escapes (CPython) or puts out what is not ASCII as it is (MicroPython)."""
    for escapes in (True, False):
        with pytest.MonkeyPatch.context() as runtime:
            runtime.setattr(log.json, "dumps", partial(DUMPS, ensure_ascii=escapes))
            data = log.to_json({"label": text})
        assert max(data) < 127 and json.loads(data) == {"label": text}


def test_an_ordinary_stride_takes_at_most_thirteen_bytes():
    block = log.StrideBlock()
    for n in range(10):
        first = 100_000 + n * 225
        record = array("i", [first, first + 48, first + 130, first + 225, first + 5, 1, first, 430])
        block.add(record, 3900)
    assert (block.used - 4) / 10 <= 13


@given(st.binary(max_size=300), st.data())
@settings(max_examples=60)
def test_broken_bytes_cost_no_whole_block(noise, data):
    first = log.json_block(log.NOTE, {"ev": "mark", "n": 1})
    second = log.block(log.RAW, bytes(range(64)))
    third = log.json_block(log.SESSION, {"fw": "x"})
    cut = data.draw(st.integers(0, len(second) - 1))
    found = list(log_reader.blocks(noise + first + second[:cut] + third))
    assert (log.NOTE, first[5:-4]) in found
    assert found[-1] == (log.SESSION, third[5:-4])


def test_every_changed_byte_is_noticed():
    good = log.block(log.STRIDES, b"stride records, as it were")
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        assert list(log_reader.blocks(bytes(bad))) == []


@pytest.mark.parametrize(("blocks_free", "kept"), [(500, 4), (2**32 - 2, 1)])
def test_a_full_flash_whose_free_blocks_wrap_drops_old_segments(
    monkeypatch, tmp_path, blocks_free, kept
):
    """littlefs counts some blocks twice; what statvfs says of a full one is 2**32 less a few."""
    said = (4096, 4096, 512, blocks_free, blocks_free, 0, 0, 0, 0, 255)
    monkeypatch.setattr(store.os, "statvfs", lambda _: said)
    files = store.LogFiles(1_000_000, str(tmp_path))
    for number in range(4):
        (tmp_path / f"{number:06d}.log").write_bytes(b"x" * 100)
    files._number = 3
    files.make_room()
    assert len(store.segments(str(tmp_path))) == kept


def test_strides_are_kept_where_the_index_wraps(monkeypatch, tmp_path):
    """A month awake: until the walk was over, the strides after the wrap were refused."""
    monkeypatch.chdir(tmp_path)
    kept = store.StrideLog(1_000_000, {}, print)
    begun = [(N_MASK + 1 - 1000 + 220 * number) & N_MASK for number in range(20)]
    for n in begun:
        record = array("i", [-1] * RECORD_FIELDS)
        record[R_HEEL_OFF], record[R_PEAK_DPS] = n, 400
        kept.add(record, -1, 0)
    assert kept.lost == 0 and kept.flush(0) and kept.written == 20
    blocks = log_reader.blocks((tmp_path / "log" / "000000.log").read_bytes())
    strides = [log_reader.decode_strides(data) for kind, data in blocks if kind == log.STRIDES]
    assert [record[R_HEEL_OFF] for block in strides for record, _ in block] == begun
