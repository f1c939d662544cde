"""The flash chip under the file system: a block device in a file of the host.

4 KiB sectors, erased to 0xFF, programmed in pages of 256 bytes; it stalls the processor for as long
as costs.py says. The power can be cut at any erase or write: the operation is then torn (its first
half done) and the board is dead on the spot. Every operation is counted, and on request kept in a
journal, from which the host can build the image after any of them.
"""

import struct

from .port import micropython

SECTOR = micropython.const(4096)
JOURNAL = "<BBHIII"  # kind (1 erase, 2 write), 0, 0, number, offset, length; then the data


class Flash:
    """Block device with the extended protocol (readblocks/writeblocks with offset, ioctl)."""

    def __init__(self, board, stream, sectors, journal=None):
        self.board = board
        self.stream = stream
        self.sectors = sectors
        self.journal = journal
        self.erased = bytes([0xFF] * SECTOR)
        self.operations = 0  # erases and writes since the flash was made
        self.cut_at = 0  # power goes at this operation (1 is the next one); 0: never
        self.erase_us = board.costs["flash_erase_us"]
        self.page_us = board.costs["flash_page_us"]
        self.read_call_us = board.costs["flash_read_call_us"]
        self.read_kb_us = board.costs["flash_read_kb_us"]

    def readblocks(self, block, buf, offset=0):
        """Read."""
        self.stream.seek(block * SECTOR + offset)
        self.stream.readinto(buf)
        # No soft callback, no Ctrl-C may come in the middle of the file system's own work
        self.board.stall(self.read_call_us + len(buf) * self.read_kb_us // 1024)

    def writeblocks(self, block, buf, offset=None):
        """Program; without an offset the sector is erased first."""
        if offset is None:
            offset = 0
            for extra in range((len(buf) + SECTOR - 1) // SECTOR):
                self.erase(block + extra)
        self.change(2, block * SECTOR + offset, buf)
        self.board.stall(self.page_us * ((len(buf) + 255) // 256))

    def erase(self, block):
        """Erase one sector."""
        self.change(1, block * SECTOR, self.erased)
        self.board.stall(self.erase_us)

    def change(self, kind, offset, data):
        """Do one counted operation, or half of it when the power goes."""
        self.operations += 1
        if self.journal is not None:
            self.journal.write(
                struct.pack(
                    JOURNAL, kind, 0, 0, self.operations, offset, len(data) if kind == 2 else SECTOR
                )
            )
            if kind == 2:
                self.journal.write(data)
        torn = self.cut_at and self.operations >= self.cut_at
        view = memoryview(data)
        self.stream.seek(offset)
        self.stream.write(view[: len(data) // 2] if torn else view)
        if torn:
            self.board.power_cut()

    def ioctl(self, operation, argument):
        """Sizes, sync and erase."""
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            self.erase(argument)
            return 0
        return 0
