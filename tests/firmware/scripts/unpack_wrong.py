"""Runs on MicroPython: does the machine-code unpacker notice, at its import, that it goes wrong?"""

from heelcue.imu import unpack_fast

MISTAKES = (
    ("<< 8) | int(src[at + low_at])", "<< 7) | int(src[at + low_at])"),
    ("<< 8) | int(src[b])", "<< 7) | int(src[b])"),
    ("high_at = 1 - high_first", "high_at = high_first"),
    ("base += stride", "base += 0"),
    ("base += 7", "base += 6"),
    ("dst: ptr16, n", "dst: ptr8, n"),
    ("tag >> 3", "tag >> 2"),
    ("have == 3", "have == 2"),
    ("count += 1", "count += 2"),
)

with open(unpack_fast.__file__) as stream:
    source = stream.read()
noticed = 0
for right, wrong in MISTAKES:
    assert source.count(right) == 1, right
    try:
        exec(source.replace(right, wrong), {})
    except ValueError:
        noticed += 1
exec(source, {})
print(noticed, len(MISTAKES))
