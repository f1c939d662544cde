"""The stride log's format: compact, append-only, checksummed. Pure module, which writes it.

The host reads it (host_tools/device/log_reader.py): here that would only take memory.

A log or recording is a series of blocks; numbers are little-endian:

    2 bytes  "HC"
    1 byte   type: 1 session, 2 strides, 3 note, 4 raw samples, 5 session told again
    2 bytes  length of the payload
    n bytes  payload
    4 bytes  CRC-32 over type, length and payload

A block that was cut off by a power loss fails its CRC; a reader goes on at the next "HC" that
passes. So nothing that was written before is ever lost with it.

session, note   one JSON object. A session starts at every boot, and where the rate changes, and is
                written with what comes first of it (strides or a note): `fw`, `board`, `imu`,
                `rate_hz`, `settings` (those not at their defaults), and of sample 0 `epoch_s`,
                seconds since 1970, or, if the clock had not been set, `on_s`, seconds since it was
                switched on, deep sleep included. A note has `n` (sample index) and
                `ev`: fault, mark, time (`epoch_s`: the clock was set), battery (`mv`).
session again   The running session as it began, at the head of a file, as the file that it began in
                may be dropped before this one: for who still has that, it says nothing new.
strides         4 bytes: sample index that the first heel-off is counted from, then records:
                1 byte flags: bits 0-1 kind of cue (heelcue.events.CUE_*), then what is there:
                bit 2 toe-off, 3 contact, 4 next heel-off, 5 cue, 6 prediction;
                varint heel-off, counted from the record before (first: from the 4 bytes);
                then, counted from this heel-off, those that are there: varint toe-off, varint
                initial contact, varint next heel-off, signed varint cue, signed varint prediction;
                varint greatest heel-up rate in deg/s; with a cue: varint latency from the sample
                to the motor in 0.1 ms.
raw             4 bytes: sample index of the first, then per sample six int16: acc x y z, gyr x y z
                in the IMU's own LSB (scale in the session: `acc_lsb_per_g`, `gyro_lsb_per_dps`).

Varint: 7 bits a byte, least first, bit 7 set on all but the last. Signed: zigzag (0, -1, 1, -2...).
A stride takes about 12 bytes: 1 MB holds some 85,000, a month of an hour's walking a day.
"""

import json
import struct
from binascii import crc32

from heelcue.compat import const
from heelcue.events import (
    R_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_NEXT_HEEL_OFF,
    R_PEAK_DPS,
    R_PREDICTED,
    R_TOE_OFF,
)

SESSION = const(1)
STRIDES = const(2)
NOTE = const(3)
RAW = const(4)
AGAIN = const(5)

_RECORD_MOST = const(40)  # bytes that a stride can take at most: flags, and 8 varints of 5
_TOE, _CONTACT, _NEXT, _CUE, _PREDICTED = const(4), const(8), const(16), const(32), const(64)


def block(kind, payload):
    """Return a whole block as bytes."""
    head = struct.pack("<BH", kind, len(payload))
    return b"HC" + head + payload + struct.pack("<I", crc32(payload, crc32(head)) & 0xFFFFFFFF)


def to_json(fields):
    """Return fields as JSON in ASCII bytes.

    MicroPython's json.dumps puts out what is not ASCII as it is, even half of a surrogate pair,
    which then is no UTF-8.
    """
    text = json.dumps(fields)
    data = text.encode()
    if max(data) < 127:
        return data
    parts = []
    for char in text:
        code = ord(char)
        if code > 0xFFFF:
            code -= 0x10000
            parts.append("\\u%04x\\u%04x" % (0xD800 | code >> 10, 0xDC00 | code & 0x3FF))
        elif code > 126:
            parts.append("\\u%04x" % code)
        else:
            parts.append(char)
    return "".join(parts).encode()


def json_block(kind, fields):
    """Return a session or note block."""
    return block(kind, to_json(fields))


class StrideBlock:
    """Collects stride records in a fixed buffer; add() allocates nothing."""

    def __init__(self, size=480):
        self.buf = bytearray(size)
        self.used = 4
        self.count = 0
        self._last = 0

    def full(self):
        """Return True when another record might not fit."""
        return self.used > len(self.buf) - _RECORD_MOST

    def clear(self):
        """Empty the block."""
        self.used = 4
        self.count = 0

    def payload(self):
        """Return the payload so far as bytes."""
        return bytes(memoryview(self.buf)[: self.used])

    def _varint(self, value):
        buf = self.buf
        at = self.used
        while value > 127:
            buf[at] = value & 127 | 128
            value >>= 7
            at += 1
        buf[at] = value
        self.used = at + 1

    def _signed(self, value):
        self._varint(value * 2 if value >= 0 else -value * 2 - 1)

    def add(self, record, latency_us):
        """Append one stride (array as Pipeline.record); False, and nothing done, when full."""
        if self.full():
            return False
        first = record[R_HEEL_OFF]
        toe, contact = record[R_TOE_OFF], record[R_CONTACT]
        after, cue, predicted = record[R_NEXT_HEEL_OFF], record[R_CUE], record[R_PREDICTED]
        if first < 0:  # a cue for a stride that never came: told from the cue or the prediction
            first = cue if cue >= 0 else predicted
        if first < 0:
            return True
        buf = self.buf
        if self.count == 0 or first < self._last:
            if self.count:
                return False  # indices run backwards only over a new session: a new block
            buf[0], buf[1] = first & 255, first >> 8 & 255
            buf[2], buf[3] = first >> 16 & 255, first >> 24 & 255
            self._last = first
        flags = record[R_CUE_KIND] & 3
        if toe >= first:
            flags |= _TOE
        if contact >= first:
            flags |= _CONTACT
        if after >= first:
            flags |= _NEXT
        if cue >= 0:
            flags |= _CUE
        if predicted >= 0:
            flags |= _PREDICTED
        buf[self.used] = flags
        self.used += 1
        self._varint(first - self._last)
        self._last = first
        if flags & _TOE:
            self._varint(toe - first)
        if flags & _CONTACT:
            self._varint(contact - first)
        if flags & _NEXT:
            self._varint(after - first)
        if flags & _CUE:
            self._signed(cue - first)
        if flags & _PREDICTED:
            self._signed(predicted - first)
        self._varint(max(0, record[R_PEAK_DPS]))
        if flags & _CUE:
            self._varint(max(0, latency_us // 100))
        self.count += 1
        return True
