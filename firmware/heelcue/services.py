"""Everything around the sample path: console, log, recordings, button, battery, sleep.

tick() does small things between two samples, calm() the long ones (flash) in calm moments.
"""

import json
import os
import time

import machine
import micropython

from heelcue import __version__, commands, faults, power, settings, start
from heelcue.compat import const
from heelcue.console import RequestError, SerialConsole
from heelcue.haptics.patterns import of_fault
from heelcue.store import StrideLog
from heelcue.teller import Teller
from heelcue.wearer import Wearer

MOUNTING_FILE = "mounting.json"
_TELL_FAULT_MS = const(10_000)
_SAVE_AGAIN_MS = const(60_000)
_WELL_S = const(60)
_BATTERY_NOTE_MV = const(10)
_EPOCH_2000_S = const(946_684_800)  # the RTC begins there when it is switched on
_ENOENT = const(2)
_SET_S = const(631_152_000)  # 2020: somebody has set it


class Services:
    """Attached to the application; `leave` says how it is to end: "", repl, reset, off, sleep."""

    def __init__(self, app, board_name):
        self.app = app
        self.board_name = board_name
        self.leave = ""
        self.flush_wanted = False
        self._ctrl_c = 3  # what ends the application; at its end nothing does
        self.stream = None
        self.recording = None
        self._save_wanted = False
        self._save_after_ms = time.ticks_ms()
        self._erase_last = -1  # number of the last segment that is to go
        self._remove = []
        self._well = False  # ran for a minute: the crashes before are forgotten
        self._up_s = 0  # since the start, up to `_fault_ms`: ticks go round in 12 days
        self._fault_ms = time.ticks_ms()
        self.wearer = Wearer(self)
        self.player = self.wearer.player
        self.battery = self.wearer.battery
        self._battery_noted_mv = 0
        self._rate_hz = app.pipeline_rate_hz if app.sensor.imu is not None else 0
        self.log = None
        if app.settings["stride_log"] == "on":
            self.log = StrideLog(app.settings["log_kb"] * 1024, self.session(), self._flash_trouble)
        self.console = SerialConsole(commands.Commands(self).handle, app.faults)
        events = app.settings["console_events"] == "on"
        self.teller = Teller(app, self.console, self.log, events)
        hello = self.hello()
        self.console.tell(hello)
        self._load_mounting()
        app.motor.muted = start.muted()
        app.pipeline.scheduler.fade_on(start.faded())
        if start.switched_on() and app.settings["strength_pct"] and not hello["error"]:
            self.player.play("on")  # at once: before the wearer stands still, and walks
        app.stride_listeners.append(self.teller.on_stride)
        app.tasks.append(self)
        app.calm_tasks.append(self)

    # --- what is told ---

    def hello(self):
        """Who this is: the line at boot, and the answer to `hello`."""
        sensor = self.app.sensor
        imu = sensor.imu
        return {
            "ev": "hello",
            "fw": __version__,
            "board": self.board_name,
            "imu": imu.name if imu is not None else None,
            "rate_hz": imu.rate_hz if imu is not None else 0,
            "gyro_lsb_per_dps": imu.gyro_lsb_per_dps if imu is not None else 0,
            "acc_lsb_per_g": imu.acc_lsb_per_g if imu is not None else 0,
            "motor": self.app.motor.kind,
            "error": sensor.error or self.app.motor.error,
        }

    def session(self):
        """What a log or recording begins with."""
        fields = self.hello()
        for key in ("ev", "motor", "error"):
            del fields[key]
        fields["rate_hz"] = self.app.pipeline_rate_hz
        fields["n"] = self.app.pipeline.n
        fields["settings"] = settings.changed(self.app.settings)
        clock, fields[clock] = self._clock()
        return fields

    def status(self):
        """The answer to `status`."""
        app = self.app
        sensor = app.sensor
        pipeline = app.pipeline
        now = time.ticks_ms()
        answer = {
            "up_s": self._up_s + time.ticks_diff(now, self._fault_ms) // 1000,
            "state": self.state(),
            "imu": sensor.imu.name if sensor.imu is not None else None,
            "imu_ok": sensor.ok,
            "n": pipeline.n,
            "period_us": sensor.period_us,
            "strides": app.strides,
            "cues": app.cues,
            "latency_us": app.cue_latency_us,
            "walking": pipeline.walking,
            "steady": pipeline.steady,
            "muted": app.motor.muted,
            "motor": app.motor.kind,
            "pulses": app.motor.pulses,
            "refused": app.motor.refused,
            "battery": self.battery.as_dict(),
            "mem_free": app.mem_free,
            "faults": app.faults.as_dict(),
            "dropped": self.console.dropped,
            "recording": self.recording is not None,
        }
        if sensor.error or app.faults.text:
            answer["text"] = sensor.error or app.faults.text
        if self.log is not None:
            answer["logged"] = self.log.written
        return answer

    def state(self):
        """Return the power state, one of heelcue.power.STATES."""
        if self.app.motor.is_on:
            return power.CUE
        return power.STAND if self.app.still else power.WALK

    def pending(self):
        """Strides that are not on flash yet."""
        return self.log.pending.count if self.log is not None else 0

    # --- small things, between two samples ---

    def tick(self, now):
        """Called by the loop in every pause."""
        console = self.console
        console.listen()
        console.pump(now)
        self.app.hurry = console.waiting > 0 or console.hearing
        if self.app.sensor.imu is not None and self.app.pipeline_rate_hz != self._rate_hz:
            self._begin_session()
        self.teller.tick()
        if self.stream is not None:
            self.stream.tick()
        self.wearer.tick(now)
        recording = self.recording
        if recording is not None and recording.pressing:
            self.calm(now, False)
        elif self.log is not None and self.log.pressing and not self.app.motor.is_on:
            self._write_log(now)
        passed_ms = time.ticks_diff(now, self._fault_ms)
        if passed_ms >= _TELL_FAULT_MS:
            self._up_s += passed_ms // 1000
            self._fault_ms = time.ticks_add(now, -(passed_ms % 1000))
            if not self._well and self._up_s >= _WELL_S:
                self._well = True
                start.crashes(0)
            if not self.app.sensor.ok:
                self.player.play(of_fault(faults.IMU_MISSING))
            elif self.app.motor.trouble:
                self.player.play(of_fault(faults.HAPTIC))  # the lamp tells it, the motor cannot
        if self.leave:
            self.app.stop = True

    # --- long things, in calm moments ---

    def calm(self, now, walking):
        """One piece of flash work if there is any; True if it took time."""
        try:
            if self.recording is not None:
                if self.recording.calm():
                    return True
                if self.recording.left <= 0:
                    self.stop_recording()
                    return True
            if self._save_wanted and time.ticks_diff(now, self._save_after_ms) >= 0:
                self._save_after_ms = time.ticks_add(now, _SAVE_AGAIN_MS)  # should the flash refuse
                settings.save(self.app.settings)
                self._save_wanted = False
                return True
            if self._erase_last >= 0:
                last = self._erase_last
                self._erase_last = -1  # should the flash refuse
                if self.log.files.erase_oldest(last):
                    self._erase_last = last
                return True
            if self._remove:
                os.remove(self._remove.pop(0))
                return True
            if self.log is not None and (self.flush_wanted or self.log.due(now, walking)):
                self._write_log(now)
                return True
        except OSError as error:
            if error.args[0] != _ENOENT:  # a file that is to go has gone
                self._flash_trouble("the flash could not be written (error %s)" % error.args[0])
                if self.recording is not None:  # keep what is on it, go on without
                    self.player.play(of_fault(faults.FLASH))
                    self.stop_recording()
            return True
        return False

    def _write_log(self, now):
        """Write what waits. A Ctrl-C meanwhile stays in the console's input until this is noted.

        Else close() would write it once more.
        """
        self.flush_wanted = False
        self._note_battery()
        micropython.kbd_intr(-1)
        self.log.flush(now)
        micropython.kbd_intr(self._ctrl_c)

    def _note_battery(self):
        """Put the battery's voltage into the log when it has changed."""
        mv = self.battery.as_dict().get("mv")
        if mv is not None and abs(mv - self._battery_noted_mv) >= _BATTERY_NOTE_MV:
            self._battery_noted_mv = mv
            self.log.note({"ev": "battery", "n": self.app.pipeline.n, "mv": mv})

    def _flash_trouble(self, text):
        self.app.faults.add(faults.FLASH, text)

    def mute(self, on):
        """Mute the cues, or unmute them; it holds until the device is switched off."""
        self.app.motor.muted = on
        start.muted(on)

    def save_settings(self):
        """Write the settings in the next calm moment; a minute later again if the flash refuses."""
        self._save_wanted = True
        self._save_after_ms = time.ticks_ms()

    def erase_log(self):
        """Remove, in the next calm moments, the stride log as far as it is written now."""
        self._erase_last = self.log.cut()

    def remove(self, path):
        """Remove a file in the next calm moment."""
        if path not in self._remove:
            self._remove.append(path)
            if self.log is not None and path.startswith(self.log.files.folder):
                self.log.cut()  # it may be the one that is written to

    def _load_mounting(self):
        """Start from the mounting of the last walk; the pipeline checks it again by itself."""
        try:
            with open(MOUNTING_FILE) as f:
                kept = json.load(f)
            self.app.pipeline.mounting.load(kept)
        except (OSError, ValueError, TypeError, IndexError, AttributeError):
            pass  # none yet, or not whole: it is learnt anew within two strides

    def _save_mounting(self):
        if not self.app.strides:
            return
        kept = self.app.pipeline.mounting.save()
        if not kept:
            return
        with open(MOUNTING_FILE + ".new", "w") as f:
            json.dump(kept, f)
        os.rename(MOUNTING_FILE + ".new", MOUNTING_FILE)

    def set_clock(self, epoch_s):
        """Set the clock, and note it: so the session's start is known."""
        days = time.gmtime(epoch_s - (0 if time.gmtime(0)[0] == 1970 else _EPOCH_2000_S))
        machine.RTC().datetime((days[0], days[1], days[2], days[6], days[3], days[4], days[5], 0))
        if self.log is not None:
            self.log.note({"ev": "time", "n": self.app.pipeline.n, "epoch_s": epoch_s})

    def _clock(self):
        """Return what the RTC says of sample 0: a session's field and seconds (see heelcue.log)."""
        start_s = time.time() - int(self.app.pipeline.n // self.app.pipeline_rate_hz)
        if time.gmtime(0)[0] == 1970:
            start_s -= _EPOCH_2000_S
        if start_s > _SET_S:
            return "epoch_s", start_s + _EPOCH_2000_S
        return "on_s", start_s

    def _begin_session(self):
        """The samples come at another rate, or from a chip that was not there before."""
        self._rate_hz = self.app.pipeline_rate_hz
        self.stop_recording()
        if self.log is not None:
            self.log.begin(self.session())

    # --- raw samples ---

    def _feed(self):
        """Tell the loop which rings want samples."""
        self.app.rings = [part.ring for part in (self.stream, self.recording) if part is not None]

    def stream_raw(self, on):
        """Begin or end the raw stream on the console."""
        if on and self.stream is None:
            from heelcue.raw import Stream

            self.stream = Stream(self.console)
        elif not on:
            self.stream = None
        self._feed()

    def start_recording(self, seconds):
        """Begin a raw recording on flash; raises RequestError when that is not possible."""
        from heelcue import raw

        if self.recording is not None:
            raise RequestError("a recording is running: " + self.recording.path)
        numbers = raw.numbers()
        if len(numbers) >= raw.MOST:
            raise RequestError(
                "there are %d recordings on the board; fetch and remove some" % len(numbers)
            )
        rate_hz = self.app.pipeline_rate_hz
        self.recording = raw.Recording(self.session(), seconds, rate_hz, numbers)
        self._feed()

    def stop_recording(self):
        """End the recording; returns its path, None when there was none."""
        recording = self.recording
        if recording is None:
            return None
        self.recording = None
        self._feed()
        try:
            recording.close()
        except OSError as error:
            self._flash_trouble("the recording could not be ended (error %s)" % error.args[0])
        self.console.tell({"ev": "recorded", "path": recording.path, "bytes": recording.bytes})
        return recording.path

    def mark(self, label):
        """Put a mark into the log, and into the recording if one runs."""
        n = self.app.pipeline.n
        if self.recording is not None:
            self.recording.mark(label, n)
        if self.log is not None:
            self.log.note({"ev": "mark", "label": label, "n": n})

    # --- the end ---

    def close(self):
        """Write everything that waits; the motor is off already."""
        self.player.stop()
        start.faded(self.app.pipeline.scheduler.faded)
        self.stop_recording()
        while self.app.faults.news:  # among them what ended it: the battery is empty
            self.teller.fault()
        self.flush_wanted = True
        now = time.ticks_ms()
        self._ctrl_c = -1
        while self.calm(now, False):
            pass
        try:
            self._save_mounting()
        except OSError:
            pass  # learnt anew
        self.console.drain()
