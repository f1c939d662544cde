"""The console's requests, one method each; see firmware/README.md for the protocol."""

import os
import sys
from binascii import b2a_base64

from heelcue import settings, store
from heelcue.compat import const
from heelcue.console import RequestError

_READ_MOST = const(384)  # bytes of a file in one answer
_S_IFREG = const(0x8000)
# Settings that the running pipeline takes over; a change of any other makes it learn again
_LIVE = ("pulse_ms", "strength_pct")


def _number(request, key, default, low, high):
    value = request.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise RequestError("%s must be a whole number from %d to %d" % (key, low, high), key)
    return value


def _choice(request, key, default, choices):
    value = request.get(key, default)
    if value not in choices:
        raise RequestError("%s must be one of %s" % (key, ", ".join(choices)), key)
    return value


class Commands:
    """handle(request) -> answer, over the services of the device."""

    def __init__(self, services):
        self.services = services
        self.app = services.app
        # getattr() with any name that comes in would intern it, for good
        self.names = sorted(name[3:] for name in dir(self) if name.startswith("do_"))

    def handle(self, request):
        """Answer one request (a dict with "cmd"); raises RequestError."""
        name = request["cmd"]
        if name not in self.names:
            raise RequestError("unknown command; there are: " + ", ".join(self.names), "cmd")
        return getattr(self, "do_" + name)(request)

    def do_hello(self, request):
        """Who is there."""
        return self.services.hello()

    def do_get(self, request):
        """All settings, or one with its range and help."""
        key = request.get("key")
        if key is None:
            return {"settings": self.app.settings}
        spec = settings.SCHEMA.get(key) if isinstance(key, str) else None
        if spec is None:
            raise RequestError("unknown setting", "key")
        answer = {"key": key, "value": self.app.settings[key], "default": spec[0]}
        if isinstance(spec[1], tuple):
            answer["choices"] = spec[1]
        else:
            answer["range"] = spec[1:]
        import heelcue
        from heelcue import settings_help

        answer["help"] = settings_help.HELP[key]
        del sys.modules["heelcue.settings_help"], heelcue.settings_help  # its 2 kB are free again
        return answer

    def do_set(self, request):
        """Change settings, all or none; they hold until the next start unless saved."""
        given = request.get("settings")
        if given is None:
            if "key" not in request or "value" not in request:
                raise RequestError('give "key" and "value", or "settings"')
            if not isinstance(request["key"], str):
                raise RequestError("the key must be a text", "key")
            given = {request["key"]: request["value"]}
        if not isinstance(given, dict):
            raise RequestError("settings must be an object", "settings")
        for key in given:
            try:
                settings.check(key, given[key])
            except settings.SettingsError as error:
                raise RequestError(str(error), key) from None
        changed = [key for key in given if self.app.settings[key] != given[key]]
        values = dict(self.app.settings)
        values.update(given)
        self.app.apply(values, any(key not in _LIVE for key in changed))
        return {"changed": changed}

    def do_save(self, request):
        """Write the settings to flash, in the next calm moment."""
        self.services.save_settings()
        return {}

    def do_reset(self, request):
        """what: board (default), or settings (back to the defaults, not saved)."""
        what = _choice(request, "what", "board", ("board", "settings"))
        if what == "settings":
            self.app.apply(settings.defaults(), True)
        else:
            self.services.leave = "reset"
        return {}

    def do_repl(self, request):
        """End the application; the REPL is free."""
        self.services.leave = "repl"
        return {}

    def do_status(self, request):
        """How it goes."""
        return self.services.status()

    def do_buzz(self, request):
        """A test buzz: pattern, or ms and pct."""
        from heelcue.haptics.patterns import PATTERNS

        if "pattern" in request:
            self.services.player.play(_choice(request, "pattern", "", sorted(PATTERNS)))
            return {}
        values = self.app.settings
        ms = _number(request, "ms", values["pulse_ms"], 10, 500)
        pct = _number(request, "pct", values["strength_pct"], 0, 100)
        self.services.player.play((ms, pct, 0))
        return {"ms": ms, "pct": pct}

    def do_mute(self, request):
        """on: true or false."""
        self.services.mute(bool(request.get("on", True)))
        return {"muted": self.app.motor.muted}

    def do_stream(self, request):
        """events, raw: true or false."""
        services = self.services
        if "events" in request:
            services.teller.events = bool(request["events"])
        if "raw" in request:
            services.stream_raw(bool(request["raw"]))
        return {"events": services.teller.events, "raw": services.stream is not None}

    def do_record(self, request):
        """what: start (seconds), stop, mark (label), state."""
        services = self.services
        what = _choice(request, "what", "state", ("start", "stop", "mark", "state"))
        if what == "start":
            services.start_recording(_number(request, "seconds", 60, 1, 600))
        elif what == "stop":
            return {"path": services.stop_recording()}
        elif what == "mark":
            label = request.get("label", "")
            if not isinstance(label, str) or len(label) > 60:
                raise RequestError("label must be a text of at most 60 characters", "label")
            services.mark(label)
        recording = services.recording
        if recording is None:
            return {"recording": False}
        return {
            "recording": True,
            "path": recording.path,
            "left": max(0, recording.left),
            "lost": recording.ring.lost,
        }

    def do_log(self, request):
        """what: list, read (path, at, len), erase (path, at), remove (path), flush."""
        what = _choice(request, "what", "list", ("list", "read", "erase", "remove", "flush"))
        if what == "list":
            return {"files": self._files(), "pending": self.services.pending()}
        if what == "read":
            path = self._path(request)
            at = _number(request, "at", 0, 0, 1 << 28)
            length = _number(request, "len", _READ_MOST, 1, _READ_MOST)
            with open(path, "rb") as f:
                f.seek(at)
                data = f.read(length)
            return {"at": at, "len": len(data), "d": b2a_base64(data)[:-1].decode()}
        if what == "remove":
            path = self._path(request)
            if self.services.recording is not None and path == self.services.recording.path:
                raise RequestError("this recording is running", "path")
            self.services.remove(path)
        elif what == "erase":
            log = self.services.log
            if log is None:
                raise RequestError("no log is kept: stride_log is off")
            if "path" in request and log.files.end() != (request["path"], request.get("at")):
                raise RequestError("the log has grown since; read the rest first", "at")
            self.services.erase_log()
        else:
            self.services.flush_wanted = True
        return {}

    @staticmethod
    def _files():
        files = []
        for folder in (store.FOLDER, "rec"):
            try:
                files += sorted([folder + "/" + e[0], e[-1]] for e in os.ilistdir(folder))
            except OSError:
                continue
        return files[-60:]  # an answer stays below 2 kB

    @staticmethod
    def _path(request):
        path = request.get("path")
        # A NUL: for the file system the name ends there, and might be the running recording's
        if isinstance(path, str) and ".." not in path and 0 not in path.encode():
            for folder in (store.FOLDER + "/", "rec/"):
                if path.startswith(folder) and path.count("/") == 1:
                    try:
                        if os.stat(path)[0] == _S_IFREG:  # not the folder itself
                            return path
                    except OSError:
                        break
        raise RequestError("no such file; see log list", "path")

    def do_time(self, request):
        """Set the clock: epoch_s, seconds since 1970."""
        epoch_s = _number(request, "epoch_s", -1, 1_577_836_800, 4_102_444_800)
        self.services.set_clock(epoch_s)
        return {}

    def do_calibrate(self, request):
        """Measure the motor again (DRV2605L)."""
        calibrate = getattr(self.app.motor, "calibrate", None)
        if calibrate is None:
            raise RequestError("this motor driver needs no calibration")
        return {"calibrated": calibrate()}

    def do_faults(self, request):
        """Counts of faults; clear: true sets them back to 0."""
        counts = self.app.faults
        answer = {"faults": counts.as_dict(), "text": counts.text}
        if request.get("clear"):
            self.app.faults.clear()
        return answer
