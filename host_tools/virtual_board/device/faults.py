"""Things that go wrong on a schedule: [at_us, name, options], given by the host.

| name | options | what happens |
|---|---|---|
| nack | count, address | the next transfers (to an address) are not acknowledged |
| stuck_bus | | a chip holds SDA low until it has seen nine clocks |
| frozen | us | the IMU repeats its last sample |
| saturated | us | the IMU reports full scale |
| fifo_lost | | the FIFO is emptied behind the firmware's back |
| fifo_overflow | samples | the FIFO overruns by so many samples at once |
| imu_reset | | the IMU returns to its reset values (a glitch of its supply) |
| imu_off, haptic_off | us (0: for good) | the chip is gone from the bus |
| identity | value | WHO_AM_I reads something else |
| bad_reads | count | the next register reads return 0xFF |
| battery | mv | the battery's voltage is now this |
| brownout | | the supply dips: the processor resets, the chips lose their registers |
| power_cut | | everything stops at once; the next start is a power-on |
| cut_at_flash | operation | power goes at that flash operation counted from now |
| stall | us | the processor is held up, as by a flash erase |
| pin | number, level | a line is driven from outside (null lets go): a button |

With `every_us` a fault comes again after so many us.
"""

from . import trace
from .clock import NEVER, Source

NAMES = (
    "nack",
    "stuck_bus",
    "frozen",
    "saturated",
    "fifo_lost",
    "fifo_overflow",
    "imu_reset",
    "imu_off",
    "haptic_off",
    "identity",
    "bad_reads",
    "battery",
    "brownout",
    "power_cut",
    "cut_at_flash",
    "stall",
    "pin",
)


class Faults(Source):
    """The schedule, sorted by time."""

    def __init__(self, board, schedule):
        self.board = board
        self.schedule = schedule
        self.plan()

    def add(self, at_us, name, options):
        """Put one more into the schedule."""
        self.schedule.append([at_us, name, options])
        self.schedule.sort(key=lambda entry: entry[0])
        self.plan()

    def plan(self):
        """The next one."""
        if self.schedule:
            self.board.clock.at(self, self.schedule[0][0])
        else:
            self.due = NEVER

    def fire(self):
        """Do what is due."""
        at_us, name, options = self.schedule.pop(0)
        if options.get("every_us"):
            self.add(at_us + options["every_us"], name, options)
        self.plan()
        board = self.board
        board.trace.put(trace.FAULT, board.clock.now, NAMES.index(name))
        getattr(self, "do_" + name)(options)

    def later(self, options, name, undo):
        """Undo after options["us"], when given."""
        if options.get("us"):
            self.add(self.board.clock.now + options["us"], name, undo)

    def do_nack(self, options):
        for wire in self.board.wires:
            wire.nacks = options.get("count", 1)
            wire.nack_address = options.get("address")

    def do_stuck_bus(self, options):
        for wire in self.board.wires:
            wire.hang()

    def do_frozen(self, options):
        self.board.imu.sync()
        self.board.imu.frozen_us = -1 if options.get("undo") else self.board.imu.last_us
        self.later(options, "frozen", {"undo": True})

    def do_saturated(self, options):
        self.board.imu.sync()
        self.board.imu.saturated = not options.get("undo")
        self.later(options, "saturated", {"undo": True})

    def do_fifo_lost(self, options):
        imu = self.board.imu
        imu.sync()
        if imu.frame:
            unread = imu.fifo_used // imu.frame
            imu.lose(unread, imu.index - unread)
        imu.fifo_head = imu.fifo_used = 0

    def do_fifo_overflow(self, options):
        imu = self.board.imu
        imu.sync()
        frame = max(1, imu.frame)
        for _ in range(imu.FIFO_BYTES // frame + options.get("samples", 1)):
            imu.taken += 1
            imu.index += 1
            imu.store(imu.clock.now)
        imu.taken -= imu.FIFO_BYTES // frame + options.get("samples", 1)

    def do_imu_reset(self, options):
        self.board.imu.sync()
        self.board.imu.power_on()

    def do_imu_off(self, options):
        imu = self.board.imu
        imu.sync()
        imu.power(bool(options.get("undo")))
        self.later(options, "imu_off", {"undo": True})

    def do_haptic_off(self, options):
        if self.board.haptic is not None:
            self.board.haptic.power(bool(options.get("undo")))
            self.later(options, "haptic_off", {"undo": True})

    def do_identity(self, options):
        self.board.imu.set_identity(options["value"])

    def do_bad_reads(self, options):
        self.board.imu.faulty_reads = options.get("count", 1)

    def do_battery(self, options):
        self.board.battery_mv = options["mv"]

    def do_brownout(self, options):
        self.board.brownout()

    def do_power_cut(self, options):
        self.board.power_cut()

    def do_cut_at_flash(self, options):
        flash = self.board.flash
        flash.cut_at = flash.operations + options.get("operation", 1)

    def do_stall(self, options):
        self.board.clock.owed += options["us"]
        self.board.clock.ready = True

    def do_pin(self, options):
        number, level = options["number"], options["level"]
        self.board.driven[number] = level
        self.board.lines[number].drive(level)
