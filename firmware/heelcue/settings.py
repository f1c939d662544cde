"""The settings: one schema (key, default, range), their checks, and the file they live in.

Pure module, used by the firmware and the host.

The file is one flat JSON object of keys and values, beside them `settings_version` and, where the
firmware wrote it, `settings_crc`: the CRC-32 of the text before `, "settings_crc"`. A save writes
`settings.json.new`, renames the old file to `settings.json.last` and the new one to
`settings.json`, so that at every instant one of the three is whole.
"""

import json
import os
from binascii import crc32

VERSION = 1
FILE = "settings.json"

# key: (default, least, greatest) for integers; (default, choices) for words. What each is about:
# settings_help.py, which takes no memory until somebody asks.
SCHEMA: dict = {
    "cue_mode": ("auto", ("auto", "reactive", "predictive", "off")),
    "lead_ms": (0, 0, 300),
    "predict_error_ms": (80, 20, 150),
    "motor_spin_up_ms": (40, 0, 150),
    "pulse_ms": (150, 20, 500),
    "strength_pct": (80, 0, 100),
    "schedule": ("every", ("every", "nth", "fading", "silent")),
    "every_n": (2, 1, 20),
    "fade_strides": (200, 10, 5000),
    "refractory_ms": (350, 200, 1000),
    "heel_off_rate_dps": (35, 15, 120),
    "heel_off_angle_cdeg": (60, 0, 500),
    "roll_rate_dps": (22, 10, 80),
    "roll_angle_cdeg": (80, 0, 800),
    "shake_pct": (100, 0, 400),
    "quiet_rate_dps": (30, 10, 80),
    "flat_ms": (60, 20, 300),
    "imu_rate_hz": (208, 50, 416),
    "motor_drive": ("auto", ("auto", "pwm", "rmt", "drv2605")),
    "motor_type": ("erm", ("erm", "lra")),
    "drv_trigger": ("off", ("off", "on")),
    "overdrive_ms": (30, 0, 80),
    "sleep_after_s": (60, 10, 3600),
    "console_events": ("on", ("on", "off")),
    "stride_log": ("on", ("on", "off")),
    "log_kb": (1024, 64, 1024),
}


def defaults():
    """Return a complete dict of settings at their defaults."""
    return {key: spec[0] for key, spec in SCHEMA.items()}


def changed(settings):
    """Return those of the complete settings that differ from the defaults."""
    return {key: value for key, value in settings.items() if value != SCHEMA[key][0]}


class SettingsError(ValueError):
    """A key, value or file that is refused; `.key` names the setting ("" for a whole file)."""

    def __init__(self, sentence, key=""):
        super().__init__(sentence)
        self.key = key


def check(key, value):
    """Raise SettingsError unless the schema knows the key and allows the value."""
    spec = SCHEMA.get(key)
    if spec is None:
        raise SettingsError("unknown setting '%s'" % key, key)
    low = spec[1]
    if isinstance(low, tuple):
        if value not in low:
            raise SettingsError(
                "%s is %r; it must be one of %s" % (key, value, ", ".join(low)), key
            )
    elif not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(
            "%s is %r; it must be a whole number from %d to %d" % (key, value, low, spec[2]), key
        )
    elif not low <= value <= spec[2]:
        raise SettingsError("%s is %d; it must be from %d to %d" % (key, value, low, spec[2]), key)


# version -> function that turns a dict of that version into one of the next
MIGRATIONS = {}


def complete(given):
    """Return complete settings: defaults with the checked values of the dict `given` on top.

    Older versions are migrated. Raises SettingsError.
    """
    if not isinstance(given, dict):
        raise SettingsError("settings are one JSON object of keys and values")
    given = dict(given)
    given.pop("settings_crc", None)
    version = given.pop("settings_version", VERSION)
    if not isinstance(version, int) or version > VERSION or version < 1:
        raise SettingsError(
            "settings of version %r; this firmware knows up to %d" % (version, VERSION)
        )
    while version < VERSION:
        given = MIGRATIONS[version](given)
        version += 1
    for key in given:
        check(key, given[key])
    result = defaults()
    result.update(given)
    return result


def encode(settings):
    """Return the file's text for complete settings, version and CRC included."""
    parts = ['"settings_version": %d' % VERSION]
    for key in SCHEMA:
        parts.append("%s: %s" % (json.dumps(key), json.dumps(settings[key])))
    body = "{" + ",\n ".join(parts)
    return '%s, "settings_crc": %d}\n' % (body, crc32(body.encode()) & 0xFFFFFFFF)


def decode(text):
    """Return complete settings from a file's text; raises SettingsError.

    A file without a CRC (written by hand) is taken; one whose CRC does not fit is refused. Keys
    that are unknown are refused in the former, and passed over where the CRC fits.
    """
    try:
        given = json.loads(text)
    except ValueError:
        raise SettingsError("not valid JSON, or cut off") from None
    if isinstance(given, dict) and "settings_crc" in given:
        body = text[: text.rfind(', "settings_crc"')]
        if crc32(body.encode()) & 0xFFFFFFFF != given["settings_crc"]:
            raise SettingsError("the checksum does not fit")
        # Written by a firmware, maybe a later one, or one before a key was dropped
        given = {key: given[key] for key in given if key in SCHEMA or key == "settings_version"}
    return complete(given)


def load(path=FILE):
    """Return (settings, sentence); the sentence says what was wrong, "" when nothing was.

    Tries the file, a finished but not yet renamed new one, the last good one; then the defaults.
    No file at all is a new board, not an error.
    """
    trouble = ""
    for name in (path, path + ".new", path + ".last"):
        try:
            with open(name) as f:
                return decode(f.read()), trouble
        except OSError:
            continue
        except (ValueError, UnicodeError) as error:
            if name != path + ".new":  # a save that was cut off is no trouble
                trouble = trouble or "%s: %s" % (name, error)
    return defaults(), trouble


def save(settings, path=FILE):
    """Write complete settings so that a power cut at any byte leaves the old or the new ones.

    Raises OSError (flash full or broken); the old file is then untouched.
    """
    new = path + ".new"
    with open(new, "w") as f:
        f.write(encode(settings))
    try:
        os.rename(path, path + ".last")
    except OSError:
        pass  # the first save
    os.rename(new, path)
