"""Start of the board: configuration, flash, boot.py, main.py, prompt, as the ESP32 port does it."""

import gc
import json
import select
import sys
import time

from . import shadows, trace
from .board import Board
from .clock import NEVER, Source
from .repl import Prompt
from .trace import SOFT

SLIP_US = 500000  # how far the board may lag before it gives up catching up
LISTEN_US = 20000


class Live(Source):
    """Ties virtual time to the wall clock, and listens to the host.

    While the board waits, pace() is asked how far time may move. Code that never waits is heard
    too: as a source, every LISTEN_US of virtual time.
    """

    def __init__(self, board, speed):
        self.board = board
        self.speed = speed  # virtual seconds per real second; 0: as fast as it goes
        self.poll = select.poll()
        self.poll.register(board.control, select.POLLIN)
        self.wall = time.ticks_us()
        self.elapsed = 0  # wall time since the start, us
        self.anchor = board.clock.now  # virtual time at elapsed 0
        board.clock.at(self, board.clock.now + LISTEN_US)

    def read_wall(self):
        """Wall time since the start in us."""
        now = time.ticks_us()
        self.elapsed += time.ticks_diff(now, self.wall)
        self.wall = now
        return self.elapsed

    def listen(self, timeout_ms):
        """Take commands that have come; wait for one up to timeout_ms."""
        heard = False
        while self.poll.poll(timeout_ms):
            self.board.command(self.board.control.readline())
            heard = True
            timeout_ms = 0
        return heard

    def fire(self):
        """Listen; hold code that only computes to the wall clock."""
        now = self.board.clock.now
        self.due = now + LISTEN_US
        self.listen(0)
        if self.speed:
            ahead_us = now - self.anchor - self.read_wall() * self.speed
            if ahead_us > 0:
                time.sleep_us(ahead_us // self.speed)

    def pace(self, step):
        """How far time may move towards `step` now; waits for the wall clock, or for the host."""
        board = self.board
        now = board.clock.now
        speed = self.speed
        if board.console.waiting and not speed:
            # At the prompt time passes as on the wall, however fast the board runs otherwise
            speed = 1
            self.anchor = now - self.read_wall()
        if not speed:
            return step
        reached = self.anchor + self.read_wall() * speed
        if reached - step > SLIP_US:
            self.anchor -= reached - step  # the host was too slow, or slept: time slips
            return step
        while reached < step:
            left_us = (step - reached) // speed
            if left_us >= 1000:
                if self.listen(left_us // 1000):
                    reached = self.anchor + self.read_wall() * speed
                    return min(step, max(now, reached))
            else:
                time.sleep_us(left_us + 1)
            reached = self.anchor + self.read_wall() * speed
        return step


def run_file(board, name, namespace, print_exception):
    """Run a file of the flash when it exists; False when it failed."""
    board.console.interrupt_char = 3
    try:
        try:
            with open(name) as stream:
                source = stream.read()
        except OSError:
            return True
        exec(compile(source, name, "exec"), namespace)
        board.clock.call()
    except SystemExit:
        raise
    except BaseException as error:
        print_exception(error)
        return False
    finally:
        board.console.interrupt_char = -1
        board.clock.interrupt = False
    return True


def main(path):
    """Run the board that the file `path` (JSON) describes."""
    import vfs

    host = vfs.VfsPosix()
    with host.open(path, "r") as stream:
        config = json.load(stream)
    try:
        with host.open(config["state_file"], "r") as stream:
            config["state"] = json.load(stream)
    except OSError:
        pass
    board = Board(
        config,
        host,
        trace_stream=open(config["trace_fd"], "wb"),
        console_stream=open(1, "wb"),
        control=open(0, "rb"),
    )
    while board.horizon.due == NEVER:  # what the host says before it lets time pass
        board.command(board.control.readline())
    flash = board.mount(
        config["flash"]["image"], config["flash"]["sectors"], config["flash"].get("journal")
    )
    state = config.pop("state", None)
    if state:
        flash.operations = state["operations"]
    if config.get("speed") is not None:
        live = Live(board, config["speed"])
        board.clock.pace = live.pace
    system = shadows.install(board)
    vfs.umount("/")
    if board.cause != SOFT:
        board.clock.spend(board.costs["boot_us"])
    vfs.mount(vfs.VfsLfs2(flash, readsize=32, progsize=32, lookahead=32, mtime=False), "/")
    sys.path[:] = ["", ".frozen", "/lib"]
    del sys.argv[:]
    namespace = __import__("__main__").__dict__
    for name in list(namespace):
        if name != "__name__":
            del namespace[name]
    del state
    gc.collect()
    shadows.settle_heap(config.get("heap", 0))
    live_through(board, namespace, system.print_exception)


def live_through(board, namespace, print_exception):
    """boot.py, main.py unless the prompt is raw, then the prompt; a soft reset at the end."""
    board.clock.interruptible = True
    try:
        booted = run_file(board, "boot.py", namespace, print_exception)
        if booted and not board.raw_repl:
            run_file(board, "main.py", namespace, print_exception)
        Prompt(board, namespace, print_exception).run()
    except SystemExit:
        pass
    board.console.print("MPY: soft reboot\n")
    board.trace.put(trace.PROMPT, board.clock.now, 2)
    board.reset(SOFT)
