"""The board put together from a configuration: clock, lines, buses, chips, flash, console."""

import json

from . import trace
from .buses import Wire
from .chips import CHIPS
from .clock import NEVER, Clock, Source
from .console import Console
from .costs import COSTS
from .faults import Faults
from .flash import Flash
from .pins import INPUT_ONLY_FROM, RTC_PINS, USABLE, Line
from .pwm import LeftRunning, Motor
from .rmt import LeftPlaying
from .stimulus import Stimulus
from .timers import HARDWARE_TIMERS, TimerCore, WatchdogCore
from .trace import HARD, POWER_ON, SOFT, WATCHDOG, Trace

RUN_ON = (HARD, WATCHDOG)  # resets of the processor alone
WAKE_NONE, WAKE_EXT0, WAKE_EXT1, WAKE_TIMER, WAKE_GPIO = 0, 2, 3, 4, 7


class BoardReset(BaseException):
    """Where the board has no host that could start it anew (CPython): the cause."""


class Control(Source):
    """The run's end: there the board waits for its host to say how it goes on."""

    def __init__(self, board):
        self.board = board

    def fire(self):
        """The horizon."""
        self.due = NEVER
        board = self.board
        board.report_stats()
        board.trace.put(trace.HORIZON, board.clock.now)
        while self.due == NEVER:
            board.command(board.control.readline())


class Board:
    """Everything on the board. `config` is described in host_tools/virtual_board/options.py."""

    def __init__(self, config, host=None, trace_stream=None, console_stream=None, control=None):
        state = config.get("state")
        self.config = config
        self.host = host  # the host's file system (VfsPosix), None on CPython
        self.target = config.get("target", "esp32")
        self.port_release = tuple(config.get("release", (1, 29)))  # of MicroPython
        self.costs = dict(COSTS)
        self.costs.update(config.get("costs", {}))
        self.clock = Clock(self.costs, state["now"] if state else 0)
        self.trace = Trace(trace_stream)
        self.control = control
        self.cause = state["cause"] if state else config.get("cause", POWER_ON)
        self.wake = state["wake"] if state else WAKE_NONE
        self.started_us = self.clock.now  # of this life of the processor: esp_timer starts at 0
        if state and self.cause == SOFT:
            self.started_us = state["started_us"]
        self.ticks_start_us = config.get("ticks_start_ms", 0) * 1000
        self.pulled_up = config.get("pulled_up", [])
        self.input_only_from = INPUT_ONLY_FROM[self.target]
        self.rtc_pins = RTC_PINS[self.target]
        self.rtc_memory = bytes.fromhex(state["rtc"]) if state else b""
        # What the RTC was set to, against power-on; it runs on through every reset but power-on
        self.rtc_offset_us = state["rtc_offset_us"] if state and self.cause != POWER_ON else 0
        self.lines = {}
        for number in USABLE[self.target]:
            self.lines[number] = Line(self, number)
        for number in config.get("traced_pins", []):
            self.lines[number].traced = True
        self.console = Console(self, console_stream)
        self.rmt_channels = {}
        self.battery_mv = state["battery_mv"] if state else config.get("battery_mv", 3900)
        self.ext0 = None
        self.ext1 = None
        self.gpio_wake = None
        self.deep_sleep_hold = False
        self.raw_repl = bool(state and state["raw_repl"])
        self.timers = [TimerCore(self.clock) for _ in range(HARDWARE_TIMERS[self.target])]
        self.timer_inits = list(state["timer_inits"]) if state else [0, 0]
        self.watchdog = WatchdogCore(self)
        self.motor = Motor(self)
        if config.get("motor_pin") is not None and not config.get("haptic"):
            self.motor.attach(self.lines[config["motor_pin"]])
        self.stimulus = None
        if host is not None and config.get("stimulus"):
            stream = host.open(config["stimulus"]["file"], "rb")
            self.stimulus = Stimulus(stream, config["stimulus"]["plan"])
        self.wires = []
        self.imu = None
        self.haptic = None
        self.selects = []  # (line, chip) of chips on SPI
        self.build_chips()
        self.flash = None
        self.faults = Faults(self, state["faults"] if state else config.get("faults", []))
        self.horizon = Control(self)
        if state:
            self.load_chips(state)
            self.motor.strength = state["motor"]
            for number, mode, pull, latch, held, level, by_pwm in state["lines"]:
                line = self.lines[number]
                line.mode, line.pull, line.latch, line.held = mode, pull, latch, held
                line.level = level
                if by_pwm:
                    line.pwm = LeftRunning(line)
            for number, idle, left_us, parts in state["rmt"]:
                LeftPlaying(self, self.lines[number], idle).go_on(left_us, parts)
        # GPIOs with a level from outside, by number: a finger on a button outlasts every reset
        self.driven = dict(state["driven"] if state else config.get("pins", []))
        for number, level in self.driven.items():
            self.lines[number].drive(level)
        self.deaf = False  # deep sleep: nobody listens to the console
        self.live = False

    # --- building ---

    def build_chips(self):
        """Wires and chips as configured."""
        config = self.config
        scl, sda = config.get("i2c_pins", [22, 21])
        wire = Wire(self, scl, sda)
        self.wires.append(wire)
        imu = config.get("imu", {"chip": "mpu6050"})
        if imu:
            self.imu = make_chip(self, imu, 0x68)
            if imu.get("int_pin") is not None:
                self.imu.int_line = self.lines[imu["int_pin"]]
                self.imu.show_int()
            if imu.get("absent"):
                self.imu.powered = False
            wire.attach(self.imu)
            if imu.get("cs_pin") is not None:
                self.selects.append((self.lines[imu["cs_pin"]], self.imu))

        haptic = config.get("haptic")
        if haptic:
            self.haptic = make_chip(self, haptic, 0x5A)
            wire.attach(self.haptic)

    def wire_on(self, scl, sda):
        """The wire between two GPIOs, or None where nothing is connected."""
        for wire in self.wires:
            if wire.scl == scl and wire.sda == sda:
                return wire
        return None

    def spi_selected(self):
        """The chip whose CS is low."""
        for line, chip in self.selects:
            if line.level == 0 and chip.powered:
                return chip
        return None

    def line_of(self, pin):
        """The line that a Pin, or a number, names."""
        line = getattr(pin, "_line", None)
        if line is None:
            line = self.lines.get(pin)
            if line is None:
                raise ValueError("invalid pin")
        return line

    def mount(self, image, sectors, journal=None):
        """Put the flash chip in: `image` is its file, `journal` one for its operations."""
        stream = self.host.open(image, "r+b")
        kept = self.host.open(journal, "ab") if journal else None
        self.flash = Flash(self, stream, sectors, kept)
        self.flash.cut_at = self.config.get("cut_at_flash", 0)
        return self.flash

    # --- what the parts ask ---

    def drive_strength(self, line, strength):
        """PWM or RMT drives a line with this strength (0-65535); a held pad keeps its level."""
        if line.held is not None:
            return
        if line is self.motor.line:
            self.motor.set(strength)
        line.latch = 1 if strength else 0
        line.mode = 3
        line.resolve()

    def newest_sample_us(self):
        """Instant of the newest sample that the firmware has read, -1 without."""
        return self.imu.newest_read if self.imu is not None else -1

    def analog_uv(self, number):
        """Voltage on an analogue pin: the battery behind its divider on the configured one."""
        battery = self.config.get("battery")
        if battery and battery["pin"] == number:
            return (
                self.battery_mv
                * 1000
                * battery["low_ohm"]
                // (battery["low_ohm"] + battery["high_ohm"])
            )
        return self.config.get("analog_uv", {}).get(str(number), 0)

    def stall(self, us):
        """Nothing of the processor runs for us (flash); hardware goes on."""
        self.clock.run(self.clock.now + us)

    def wake_on_pin(self, number, level, wake):
        """Pin.irq(wake=...)."""
        if number not in self.rtc_pins:
            raise ValueError("invalid pin for wake")
        self.ext0 = (number, level)

    # --- resets ---

    def reset(self, cause, wake=WAKE_NONE, keep_chips=True, keep_rtc=True):
        """The processor starts anew; does not return."""
        playing = [
            [c.line.number, c.idle, c.due - self.clock.now, c.parts]
            for c in self.rmt_channels.values()
            if cause in RUN_ON and c.due != NEVER and c.line.rmt is c
        ]
        for line in self.lines.values():
            if line.held_for_sleep or cause == POWER_ON:
                line.held = None
        self.release(cause)
        if self.haptic is not None and not keep_chips:
            self.haptic.power(False)
        if self.host is None:
            raise BoardReset(cause)
        self.report_stats()
        state = {
            "lines": [] if cause == POWER_ON else self.kept_lines(),
            "motor": self.motor.strength,
            "rmt": playing,
            "now": self.clock.now,
            "cause": cause,
            "wake": wake,
            "started_us": self.started_us,
            "battery_mv": self.battery_mv,
            "rtc": self.rtc_memory.hex() if keep_rtc else "",
            "rtc_offset_us": self.rtc_offset_us,
            "raw_repl": self.raw_repl if cause == SOFT else False,
            "driven": [list(pin) for pin in self.driven.items()],
            "faults": self.faults.schedule,
            "timer_inits": self.timer_inits if cause == SOFT else [0, 0],
            "input": bytes(self.console.received).hex() if cause == SOFT else "",
            "imu": self.imu.save() if self.imu is not None and keep_chips else None,
            "haptic": self.haptic.save() if self.haptic is not None and keep_chips else None,
            "bus": [
                [w.stuck if keep_chips else 0, w.bytes, w.transfers, w.errors] for w in self.wires
            ],
            "counted": [self.imu.index, self.imu.produced, self.imu.lost]
            if self.imu is not None
            else None,
            "operations": self.flash.operations if self.flash is not None else 0,
        }
        stream = self.host.open(self.config["state_file"], "w")
        stream.write(json.dumps(state))
        stream.close()
        self.trace.put(trace.RESET, self.clock.now, cause, 1)
        self.die()

    def kept_lines(self):
        """What a reset leaves of the lines: number, registers, held pad, level, driven by a PWM."""
        return [
            [k.number, k.mode, k.pull, k.latch, k.held, k.level, k.pwm is not None]
            for k in self.lines.values()
            if k.mode or k.held is not None
        ]

    def release(self, cause):
        """What a reset does to the pins: PWM stops, outputs float, the motor goes off.

        A soft reset only stops PWM, RMT and interrupts; plain outputs keep their level. After
        machine.reset() and a panic, the watchdog's too, only the processor starts anew: GPIO, PWM
        and RMT go on (esp_restart() in esp_system.h).
        """
        for line in self.lines.values():
            line.handler = line.pin = None
            line.trigger = 0
        if cause in RUN_ON:
            return
        for channel in self.rmt_channels.values():
            if cause == SOFT:  # by the finaliser
                channel.disable()
            else:
                channel.stop()
        for line in self.lines.values():
            if line.pwm is not None:
                line.pwm.detach()
                line.latch = 0
                line.resolve()
            line.rmt = None
            if cause != SOFT:
                line.reset()
        if self.motor.line is not None and not self.motor.line.level:
            self.motor.set(0)

    def power_cut(self):
        """Everything stops; the next start is a power-on with chips at their reset values."""
        self.reset(POWER_ON, WAKE_NONE, keep_chips=False, keep_rtc=False)

    def brownout(self):
        """The supply dips: a reset that v1.26.1 reports as switching on (modmachine.c).

        Only the RTC memory tells them apart: no start clears it (RTC_NOINIT_ATTR, machine_rtc.c).
        """
        self.reset(POWER_ON, WAKE_NONE, keep_chips=False)

    def die(self):
        """Wait to be ended by the host."""
        while self.control.read(1):
            pass
        import os

        os.system("kill -9 $PPID")

    def load_chips(self, state):
        """Chips that kept their supply go on where they were."""
        for wire, kept in zip(self.wires, state["bus"]):
            wire.bytes, wire.transfers, wire.errors = kept[1:]
            if kept[0]:
                wire.hang()
                wire.stuck = kept[0]
        for chip, kept in ((self.imu, state["imu"]), (self.haptic, state["haptic"])):
            if chip is not None and kept is not None:
                chip.load(kept)
        if self.imu is not None:  # counts go on, even where the chip forgot everything
            self.imu.index, self.imu.produced, self.imu.lost = state["counted"]
        if state["input"]:
            self.console.received.extend(bytes.fromhex(state["input"]))

    # --- the host ---

    def command(self, line):
        """One line from the host: a JSON list."""
        if not line:
            self.die()
        words = json.loads(line)
        what = words[0]
        if what == "run":
            self.clock.at(self.horizon, words[1])
        elif what == "input":
            if not self.deaf:
                self.console.feed(bytes.fromhex(words[1]))
                self.clock.touched += 1
            self.trace.put(trace.TAKEN, self.clock.now)
        elif what == "fault":
            self.faults.add(words[1], words[2], words[3])

    def report_stats(self):
        """Figures for the host, each as a record."""
        imu = self.imu
        wire = self.wires[0]
        clock = self.clock
        values = (
            imu.produced if imu is not None else 0,
            imu.lost if imu is not None else 0,
            wire.bytes,
            wire.transfers,
            wire.errors,
            self.flash.operations if self.flash is not None else 0,
            clock.dropped,
            clock.touched,
        )
        for number in range(len(values)):
            self.trace.put(trace.STATS, clock.now, number, 0, 0, values[number])


def make_chip(board, options, address):
    """The model that the configuration names."""
    module, name = CHIPS[options["chip"]]
    package = __name__.rsplit(".", 1)[0] + ".chips." + module
    model = getattr(__import__(package, None, None, (name,)), name)
    return model(board, options.get("address", address), options)
