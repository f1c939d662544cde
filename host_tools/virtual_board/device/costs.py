"""What everything costs in time: the one table (README.md states where each figure comes from).

Virtual time passes only through these figures, sleeps and waits; so they, and nothing of the
machine that runs the board, decide every latency. A run may override entries by name.
"""

COSTS = {
    # Bytecode. The unix port on a desktop processor runs 50-60 times faster than an ESP32 at 240
    # MHz, and half as much again than one at 160 MHz, where MicroPython's generic builds leave it:
    # the sample path's budget of 7 us there is some 525-600 us on the device.
    "sample_us": 525,  # mounting, detector, scheduler, loop: charged for each sample read out
    "call_us": 18,  # each call into machine, time or select, with the bytecode around it
    "callback_us": 68,  # from the interrupt to the first bytecode of a soft callback
    # Buses
    "i2c_transfer_us": 430,  # driver and task switches of one hardware transfer, beside its bits
    "spi_transfer_us": 30,
    "soft_i2c_bit_us": 5,  # SoftI2C cannot clock faster than this on an ESP32
    # Console: an UART at 115200 baud behind a USB bridge; prints block when its FIFO is full
    "uart_byte_ns": 86806,
    "uart_fifo_bytes": 128,
    # Flash: W25Q32-class NOR, typical figures of the datasheet
    "flash_read_call_us": 20,
    "flash_read_kb_us": 110,
    "flash_erase_us": 45000,  # one 4 KiB sector; nothing runs meanwhile
    "flash_page_us": 700,  # program 256 bytes
    # Memory: mark and sweep, the unix port's objects being twice as large
    "gc_base_us": 2000,
    "gc_kb_us": 45,  # for each kB in use on the unix port
    # Waiting
    "idle_us": 1000,  # longest jump of one machine.idle(): the FreeRTOS tick
    "boot_us": 250000,  # reset to the first line of boot.py
    "wake_us": 600,  # light sleep to the next bytecode
}
