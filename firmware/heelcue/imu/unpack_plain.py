"""FIFO bytes to samples in plain bytecode; nothing is allocated."""


def gather(src, dst, n, layout):
    """Copy n FIFO packets from src (bytes) to dst (array 'h', acc x y z, gyr x y z per sample).

    layout (bytes): packet size, 1 if the high byte comes first else 0, then the offset of each of
    the six values in the packet.
    """
    stride = layout[0]
    low_at = layout[1]
    high_at = 1 - low_at
    base = 0
    k = 0
    for _ in range(n):
        for j in range(2, 8):
            at = base + layout[j]
            value = src[at + high_at] << 8 | src[at + low_at]
            dst[k] = value - ((value & 0x8000) << 1)
            k += 1
        base += stride


def pair_tagged(src, dst, words, state):
    """Put tagged FIFO words (LSM6DSO: tag, x, y, z; 7 bytes) together to samples; return how many.

    The tag's upper five bits name the sensor (1 gyroscope, 2 accelerometer), the next two the time
    slot; a sample is complete when both words of one slot are there. state: array('h', 8), kept
    from call to call: slot + 1, which words are there (1 acc, 2 gyr), the six values.
    """
    count = 0
    base = 0
    for _ in range(words):
        tag = src[base]
        sensor = tag >> 3
        slot = 1 + ((tag >> 1) & 3)
        at = 3 if sensor == 1 else 0 if sensor == 2 else -1
        if at >= 0:
            if slot != state[0]:
                state[0] = slot
                state[1] = 0
            for j in range(3):
                b = base + 1 + 2 * j
                value = src[b + 1] << 8 | src[b]
                state[2 + at + j] = value - ((value & 0x8000) << 1)
            state[1] |= 1 if at == 0 else 2
            if state[1] == 3:
                k = 6 * count
                for j in range(6):
                    dst[k + j] = state[2 + j]
                count += 1
                state[1] = 0
        base += 7
    return count
