"""What the board has logged, read back: blocks and strides, in the format of heelcue.log."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterator

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

HEAD = 5  # bytes of a block before its payload
OVERHEAD = 9  # ... and with the checksum after it
LONGEST = 2048  # payload of one block
# A stride's flags, and the fields that are there with them: plain varints, then signed ones
CUE = 32
AFTER = ((4, R_TOE_OFF), (8, R_CONTACT), (16, R_NEXT_HEEL_OFF))
AROUND = ((CUE, R_CUE), (64, R_PREDICTED))


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _read_signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def decode_strides(payload: bytes) -> list[tuple[list[int], int]]:
    """Return [(record, latency_us), ...]; a record is a list as Pipeline.record, -1: not there.

    latency_us is -1 without a cue. Raises ValueError for a payload that ends in mid-record.
    """
    strides = []
    last = struct.unpack_from("<I", payload, 0)[0]
    at = 4
    try:
        while at < len(payload):
            record = [-1] * RECORD_FIELDS
            flags = payload[at]
            step, at = _read_varint(payload, at + 1)
            first = last + step
            last = first
            record[R_HEEL_OFF] = first
            record[R_CUE_KIND] = flags & 3
            for flag, field in AFTER:
                if flags & flag:
                    value, at = _read_varint(payload, at)
                    record[field] = first + value
            for flag, field in AROUND:
                if flags & flag:
                    value, at = _read_signed(payload, at)
                    record[field] = first + value
            record[R_PEAK_DPS], at = _read_varint(payload, at)
            latency = -1
            if flags & CUE:
                value, at = _read_varint(payload, at)
                latency = value * 100
            strides.append((record, latency))
    except IndexError:
        raise ValueError("a stride record is cut off") from None
    return strides


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, payload) of every whole block in data (bytes); what is broken is passed over."""
    at = 0
    size = len(data)
    while True:
        at = data.find(b"HC", at)
        if at < 0 or at + OVERHEAD > size:
            return
        kind, length = struct.unpack_from("<BH", data, at + 2)
        end = at + 2 + 3 + length + 4
        if length <= LONGEST and end <= size:
            good = struct.unpack_from("<I", data, end - 4)[0]
            if crc32(data[at + 2 : end - 4]) == good:
                yield kind, data[at + HEAD : end - 4]
                at = end
                continue
        at += 1
