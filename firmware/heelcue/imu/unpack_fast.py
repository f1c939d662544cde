"""FIFO bytes to samples in machine code (viper): about a microsecond a sample.

Same functions as unpack_plain, which says what they do and stands in where there is no native
emitter, or one that gets it wrong (ValueError); a test holds the two together.
"""
# ruff: noqa: F821

from array import array

import micropython


@micropython.viper
def gather(src: ptr8, dst: ptr16, n: int, layout: ptr8):
    stride = int(layout[0])
    high_first = int(layout[1])
    low_at = high_first
    high_at = 1 - high_first
    base = 0
    k = 0
    i = 0
    while i < n:
        j = 2
        while j < 8:
            at = base + int(layout[j])
            dst[k] = (int(src[at + high_at]) << 8) | int(src[at + low_at])
            k += 1
            j += 1
        base += stride
        i += 1


@micropython.viper
def pair_tagged(src: ptr8, dst: ptr16, words: int, state: ptr16) -> int:
    count = 0
    base = 0
    i = 0
    while i < words:
        tag = int(src[base])
        sensor = tag >> 3
        slot = 1 + ((tag >> 1) & 3)
        at = -1
        if sensor == 1:
            at = 3
        elif sensor == 2:
            at = 0
        if at >= 0:
            if slot != int(state[0]):
                state[0] = slot
                state[1] = 0
            j = 0
            while j < 3:
                b = base + 1 + 2 * j
                state[2 + at + j] = (int(src[b + 1]) << 8) | int(src[b])
                j += 1
            have = int(state[1]) | (1 if at == 0 else 2)
            state[1] = have
            if have == 3:
                k = 6 * count
                j = 0
                while j < 6:
                    dst[k + j] = int(state[2 + j])
                    j += 1
                count += 1
                state[1] = 0
        base += 7
        i += 1
    return count


# Tried once, at the import: nobody has seen what the emitters for Xtensa and RISC-V make of it
_packet = b"\x01\x02\xfe\xfd\x7f\xff\x80\x00\x00\x00\x0a\xff"
_samples = array("h", (1,) * 12)
gather(_packet + bytes(12), _samples, 2, b"\x0c\x01\x00\x02\x04\x06\x08\x0a")
_right = list(_samples) == [258, -259, 32767, -32768, 0, 2815] + 6 * [0]
_words = b"\x0a\x01\x02\xff\x7f\x00\x80" + b"\x12\x03\x00\xfe\xff\x04\xff"  # gyroscope, acc
_count = pair_tagged(_words, _samples, 2, array("h", (0,) * 8))
if not _right or _count != 1 or list(_samples[:6]) != [3, -2, -252, 513, 32767, -32768]:
    raise ValueError("this build's emitter makes wrong code of this")
del _packet, _samples, _right, _words, _count
