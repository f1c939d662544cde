"""Makes a flash image: mkflash.py IMAGE SECTORS TREE; runs on MicroPython, on the host's files."""

import sys

import vfs

SECTOR = 4096


class Image:
    """A block device in a file, without costs."""

    def __init__(self, stream, sectors):
        self.stream = stream
        self.sectors = sectors

    def readblocks(self, block, buf, offset=0):
        """Read."""
        self.stream.seek(block * SECTOR + offset)
        self.stream.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        """Write; lfs erases first by ioctl."""
        self.stream.seek(block * SECTOR + offset)
        self.stream.write(buf)

    def ioctl(self, operation, argument):
        """Sizes and erase."""
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            self.writeblocks(argument, b"\xff" * SECTOR)
        return 0


def copy(host, source, target, fs):
    """Copy a folder of the host into the flash."""
    for entry in sorted(host.ilistdir(source)):
        name = entry[0]
        here, there = source + "/" + name, target + "/" + name
        if entry[1] & 0x4000:
            fs.mkdir(there)
            copy(host, here, there, fs)
        else:
            with host.open(here, "rb") as stream:
                data = stream.read()
            with fs.open(there, "wb") as stream:
                stream.write(data)


def main(image, sectors, tree):
    """Make the file system and fill it."""
    host = vfs.VfsPosix()
    stream = host.open(image, "w+b")
    blank = b"\xff" * SECTOR
    for _ in range(sectors):
        stream.write(blank)
    device = Image(stream, sectors)
    vfs.VfsLfs2.mkfs(device, readsize=32, progsize=32, lookahead=32)
    fs = vfs.VfsLfs2(device, readsize=32, progsize=32, lookahead=32, mtime=False)
    copy(host, tree, "", fs)
    stream.close()


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
