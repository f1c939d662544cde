"""The application: wires the parts and runs the loop.

The loop has one duty before all others: take samples out of the FIFO and step the pipeline, so
that a cue leaves within a sample of its cause. Everything else (console, log, button, battery,
garbage) is done in the pauses between two samples, in bounded pieces, and what can stop the loop
for longer (a flash write, a collection) only in calm moments: the foot at rest, or in the part of a
stride where no cue can be due. The path from sample to motor allocates nothing.
"""

import gc
import time
from array import array

import machine
import micropython

from heelcue import faults
from heelcue.compat import const
from heelcue.events import CUE, HEEL_OFF, STRIDE
from heelcue.pipeline import Pipeline
from heelcue.sensor import Sensor

WDT_RUN_MS = const(8_000)
# The ESP32's watchdog cannot be stopped, but made again it takes the new timeout (machine.WDT calls
# esp_task_wdt_reconfigure). So on the way to the REPL it gets a day: mpremote, which resets softly
# at every connection and so ends every timer that could feed it, never meets it.
WDT_REPL_MS = const(86_400_000)

_CALM_FROM_MS = const(180)  # after a cue or heel-off: the pulse is over, the foot swings
_CALM_TO_MS = const(420)  # before the next one can be due even when running
_GC_EVERY_MS = const(5_000)
_STILL_MS = const(5_000)  # without motion for so long: the loop may look less often
_BEHIND = const(2)  # samples at once: with more the loop is late
_STILL_MOST_MS = const(7_200_000)  # longer is not counted: after six days it would lie ahead
_STILL_WAIT_MS = const(12)  # at rest: two or three samples at a time
_GONE_WAIT_MS = const(5)  # without a sensor
_FEED_MS = const(500)
_MOTOR_CHECK_MS = const(3_000)
_STALE_US = const(200_000)  # later, after a stall, a cue would come when the foot swings
_OF_MOTOR = ("motor_drive", "motor_type", "drv_trigger")  # settings that another driver is due to


class App:
    """All parts of the device, and the loop over them.

    board, settings: as from heelcue.boards and heelcue.settings; counts: heelcue.faults.Faults.
    """

    def __init__(self, board, settings, counts):
        from heelcue import haptics

        self.board = board
        self.settings = settings
        self.faults = counts
        self.sensor = Sensor(board, settings, counts)
        # The motor first: a DRV2605L that measures its motor takes a second
        self.motor = haptics.find(board, settings, self.sensor.i2c)
        self.sensor.open()
        self.pipeline_rate_hz = 0
        self.pipeline = self._new_pipeline()
        self.stop = False
        self.tasks = []  # objects with tick(now_ms), called between samples
        self.calm_tasks = []  # objects with calm(now_ms, walking) -> True if it used the moment
        self.rings = []  # heelcue.raw.Ring of everything that wants the raw samples
        self.cue_n = 0  # sample of the last cue that went to the motor
        self.cue_latency_us = 0  # of it: from its sample in the FIFO to the motor
        self._cues = array("i", [-1] * 8)  # the last four: sample, latency (-1: not to the motor)
        self._cues_at = 0
        self.stride_listeners = []  # called with the app after a stride, outside the sample path
        self.strides = 0
        self.cues = 0
        self.mem_free = gc.mem_free()  # after the last collection
        self._restarts = self.sensor.restarts
        self._motor_told = False  # ... as a fault, that its driver chip does not answer
        self._wdt = None
        self._down = False
        self._event_ms = time.ticks_ms()  # last cue or heel-off
        self._calm_used = True
        self._stride_news = False
        self._still_from = self._event_ms
        self.still = False
        self.hurry = False  # somebody has output waiting: no long pauses, even when still
        self._gc_ms = self._event_ms
        self._fed_ms = self._event_ms
        self._motor_ms = self._event_ms

    def _new_pipeline(self):
        sensor = self.sensor
        imu = sensor.imu
        if imu is None:
            self._scale = (0, 0, 0)  # no chip's: the next one gets a pipeline of its own
            self.pipeline_rate_hz = self.settings["imu_rate_hz"]
            return Pipeline(self.settings, self.pipeline_rate_hz)
        self.pipeline_rate_hz = imu.rate_hz
        self._scale = (imu.rate_hz, imu.gyro_lsb_per_dps, imu.acc_lsb_per_g)
        return Pipeline(self.settings, imu.rate_hz, imu.gyro_lsb_per_dps, imu.acc_lsb_per_g)

    def apply(self, settings, anew):
        """Take complete changed settings over; with `anew` the gait is learnt from the start.

        Without, only length and strength of the next cues change. The mounting is kept.
        """
        old = self.settings
        self.settings = settings
        if not anew:
            self.pipeline.scheduler.pulse_ms = settings["pulse_ms"]
            self.pipeline.scheduler.strength_pct = settings["strength_pct"]
            self.motor.prepare(settings["pulse_ms"], settings["strength_pct"])
            return
        if settings["imu_rate_hz"] != self.sensor.rate_wanted_hz:
            self.sensor.rate_wanted_hz = settings["imu_rate_hz"]
            self.sensor.restart()
        self.motor.overdrive_ms = settings["overdrive_ms"]
        if any(settings[key] != old[key] for key in _OF_MOTOR):
            self._replace_motor()
        self.motor.prepare(settings["pulse_ms"], settings["strength_pct"])
        self._replace_pipeline()

    def _replace_motor(self):
        """Another driver, as the settings say; a DRV2605L that is new to its motor measures it."""
        from heelcue import haptics

        self.motor.deinit()
        self.motor = haptics.find(self.board, self.settings, self.sensor.i2c, self.motor)
        self._motor_told = False

    def _fit_pipeline(self):
        """After a restart of the sensor: another chip or rate needs another pipeline."""
        imu = self.sensor.imu
        scale = (imu.rate_hz, imu.gyro_lsb_per_dps, imu.acc_lsb_per_g)
        if scale != self._scale:
            self._replace_pipeline()

    def _replace_pipeline(self):
        """A new pipeline that goes on at the same sample index with the same mounting."""
        old = self.pipeline
        self.pipeline = self._new_pipeline()
        if old.n:
            self.pipeline.mounting.load(old.mounting.save())
        self.pipeline.scheduler.fade_on(old.scheduler.faded)
        self.pipeline.n = old.n
        gc.collect()

    def run(self):
        """Run until `stop` is set; raises what goes wrong. Motor off and timers free afterwards."""
        try:
            self._wdt = machine.WDT(timeout=WDT_RUN_MS)
            while not self.stop:
                self._turn()
        finally:
            self.shut_down()

    def shut_down(self):
        """Leave the hardware safe: motor off, timers free, sensor asleep, watchdog far away.

        Ctrl-C does nothing from here on, so that a second one cannot leave the work half done;
        start.run() brings it back.
        """
        micropython.kbd_intr(-1)
        if self._down:
            return
        self._down = True
        try:
            self.motor.deinit()
        finally:
            self.sensor.stop()
            if self._wdt is not None:
                self._wdt = None
                machine.WDT(timeout=WDT_REPL_MS)

    def _turn(self):
        """One round: all samples that are there, then a piece of the other work, then wait."""
        sensor = self.sensor
        n = 0
        if sensor.due():
            n = sensor.read()
            if sensor.restarts != self._restarts:
                self._restarts = sensor.restarts
                self._fit_pipeline()
            if n:
                self.take(n)
                if n > _BEHIND and not self._stride_news:
                    return  # behind: catch up before anything but a stride's record
        now = time.ticks_ms()
        self._other_work(now)
        if self.still and n <= _BEHIND + 1 and not self.hurry:
            time.sleep_ms(_STILL_WAIT_MS)
            return
        if not sensor.ok:
            time.sleep_ms(_GONE_WAIT_MS)
            return
        # Until shortly before the next sample is due; the last was 1.5 ms old when it was read
        left = sensor.period_us - time.ticks_diff(time.ticks_us(), sensor.read_us)
        if sensor.interrupts:
            if left > 3_000:
                time.sleep_ms((left - 2_000) // 1_000)
            sensor.wait()
        elif left > 2_000:
            time.sleep_ms((left - 1_000) // 1_000)
        elif left > 1_700:
            time.sleep_us(left - 1_500)
        else:
            time.sleep_us(200)

    def take(self, n):
        """Step the pipeline over the n samples in the sensor's buffer. Allocates nothing."""
        sensor = self.sensor
        pipeline = self.pipeline
        buf = sensor.buf
        gap = sensor.take_gap()
        if gap:
            pipeline.gap(gap)
        for ring in self.rings:
            ring.add(buf, n, pipeline.n)
        i = 0
        while n:
            n -= 1
            bits = pipeline.step(buf, i)
            if bits:
                self._events(bits, n)
            i += 6
        if self.still and sensor.moved:
            self.still = False

    def _events(self, bits, behind):
        """Act on event bits; `behind`: how many newer samples were already read."""
        if bits & CUE:
            cue = self.pipeline.scheduler
            at = self._cues_at
            self._cues_at = at + 2 & 7
            self._cues[at] = self.pipeline.n - 1
            self._cues[at + 1] = -1
            sensor = self.sensor
            behind_us = (behind + sensor.imu.left) * sensor.period_us
            if behind_us < _STALE_US and self.motor.pulse(cue.pulse_ms, cue.strength_pct):
                self.cue_latency_us = self._cues[at + 1] = (
                    time.ticks_diff(time.ticks_us(), sensor.read_us) + behind_us
                )
                self.cue_n = self._cues[at]
                self.cues += 1
        if bits & (CUE | HEEL_OFF):
            self._event_ms = time.ticks_ms()
            self._calm_used = False
        if bits & STRIDE:
            self.strides += 1
            self._stride_news = True

    def cue_latency(self, n):
        """Return the latency in us of the cue at sample n; -1 when the motor never got one."""
        for at in range(0, 8, 2):
            if self._cues[at] == n:
                return self._cues[at + 1]
        return -1

    def _other_work(self, now):
        if self._stride_news:
            self._stride_news = False
            for listener in self.stride_listeners:
                listener(self)
        self.motor.guard(now)
        if self.motor.over_budget:
            self.motor.over_budget = 0
            self.faults.add(faults.HAPTIC_BUDGET)
        if self.motor.overruns:
            self.motor.overruns = 0
            self.faults.add(faults.MOTOR_OVERRUN)
        for task in self.tasks:
            task.tick(now)
        if time.ticks_diff(now, self._fed_ms) >= _FEED_MS:
            self._fed_ms = now
            self._watch_motion(now)
            if time.ticks_diff(now, self._motor_ms) >= _MOTOR_CHECK_MS:
                self._motor_ms = now
                self.motor.check()
            if self.motor.trouble:
                self._revive_motor()
            if self._wdt is not None:
                self._wdt.feed()
        since = time.ticks_diff(now, self._event_ms)
        walking = self.pipeline.walking and self.sensor.ok  # without samples no walk ever ends
        if self.motor.is_on:
            return
        if not walking or (not self._calm_used and _CALM_FROM_MS <= since < _CALM_TO_MS):
            self._calm_used = True
            self._calm(now, walking)

    def _revive_motor(self):
        """Ask the haptic driver again; a fault once, not with every try: each goes into the log."""
        if not self._motor_told:
            self._motor_told = True
            self.faults.add(faults.HAPTIC, self.motor.error or "the haptic driver does not answer")
        self.motor.i2c = self.sensor.i2c
        if self.motor.revive():
            self.motor.trouble = self._motor_told = False

    def _calm(self, now, walking):
        """A moment in which the loop may stall: at most one long piece of work."""
        for task in self.calm_tasks:
            if task.calm(now, walking):
                return
        if time.ticks_diff(now, self._gc_ms) >= _GC_EVERY_MS:
            self._gc_ms = now
            gc.collect()
            self.mem_free = gc.mem_free()

    def _watch_motion(self, now):
        if self.sensor.take_motion() or self.pipeline.walking or not self.sensor.ok:
            self._still_from = now
            self.still = False
        elif self.still_ms(now) > _STILL_MS:
            self.still = True
            if self.still_ms(now) > _STILL_MOST_MS:
                self._still_from = time.ticks_add(now, -_STILL_MOST_MS)

    def still_ms(self, now):
        """Return for how long the foot has not moved, two hours at most."""
        return time.ticks_diff(now, self._still_from)
