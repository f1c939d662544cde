"""From a chosen board to the running application, and back to the REPL in an orderly way."""

import os
import sys

import machine

from heelcue import faults, settings
from heelcue.compat import const

RUNNING_FILE = "running"
# The RTC memory keeps these while there is a supply: the mark, crashes in a row (1 byte), whether
# muted (1), how many strides the fading of the cues has had (3)
_MARK = b"heelcue"
_CRASHES = const(7)
_MUTED = const(8)
_FADED = const(9)
_KEPT_BYTES = const(12)
CRASHES_MOST = const(3)  # in a row, each within a minute of its start


def _causes(counts):
    """Count what reset the board, where that was a fault.

    The ESP32 port reports a brown-out as a power-on (modmachine.c, v1.26.1). So a file says that
    the application runs; when it is still there after a power-on, the supply went away meanwhile.
    """
    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        counts.add(faults.WATCHDOG, "the loop hung and the watchdog reset the board")
    elif cause == machine.PWRON_RESET and _is_marked():
        counts.add(
            faults.BROWN_OUT,
            "the supply went away while it ran: a dip, the battery, or the power switch",
        )
    if crashes():
        counts.add(faults.CRASH, "the application crashed and was started again; see crash.txt")


def _is_marked():
    try:
        os.stat(RUNNING_FILE)
    except OSError:
        return False
    return True


def mark_running(now):
    """Remember on flash whether the application runs."""
    try:
        if now:
            open(RUNNING_FILE, "w").close()
        else:
            os.remove(RUNNING_FILE)
    except OSError:
        pass  # a fault is then not counted; that must not keep anything from working


def _keep(at, count, new=None):
    """Return the number in `count` bytes from `at` of what is kept; with `new`, set it."""
    memory = machine.RTC().memory
    kept = memory()
    if len(kept) != _KEPT_BYTES or not kept.startswith(_MARK):
        kept = _MARK + bytes(_KEPT_BYTES - len(_MARK))
    if new is not None:
        kept = kept[:at] + int(new).to_bytes(count, "little") + kept[at + count :]
        memory(kept)
    return int.from_bytes(kept[at : at + count], "little")


def crashes(new=None):
    """Return how many crashes in a row there were; with an argument, set it."""
    return _keep(_CRASHES, 1, new)


def muted(new=None):
    """Return whether the wearer has muted the cues; with an argument, keep that.

    It outlasts deep sleep: a wearer who mutes it for the traffic, and then waits at the lights, is
    not to be buzzed when they turn green.
    """
    return bool(_keep(_MUTED, 1, new))


def faded(new=None):
    """Return how many strides the fading of the cues has had; with an argument, keep that."""
    return _keep(_FADED, 3, new)


def switched_on():
    """Return whether the wearer has just switched it on: by the power switch, or after *off*.

    True once only. Both have left nothing kept. A dip of the supply leaves the RTC memory alone,
    although the ESP32 port reports it as a power-on: so a cell that a buzz brings down is not
    asked for another one at every start.
    """
    if machine.RTC().memory()[: len(_MARK)] == _MARK:
        return False
    crashes(0)  # sets the mark
    return machine.reset_cause() in (machine.PWRON_RESET, machine.DEEPSLEEP_RESET)


def _crashed(error):
    """An exception reached the top: keep its text, tell its code; reset, or stay in the REPL."""
    import io

    text = io.StringIO()
    sys.print_exception(error, text)
    print(text.getvalue())
    try:
        with open("crash.txt", "w") as f:
            f.write(text.getvalue())
    except OSError:
        pass
    count = crashes(crashes() + 1)
    if count < CRASHES_MOST:
        machine.reset()
    print("heelcue: crashed %d times in a row; the REPL is free, see crash.txt" % count)
    crashes(0)


def run(board_name, board):
    """Build the application and run it; returns when it was asked to stop.

    On Ctrl-C the motor is off and everything is given back before KeyboardInterrupt goes on to the
    REPL. A second Ctrl-C meanwhile is ignored (the watchdog must get its long timeout).
    """
    import micropython

    from heelcue import services
    from heelcue.app import App

    counts = faults.Faults()
    _causes(counts)
    values, trouble = settings.load()
    if trouble:
        counts.add(faults.SETTINGS, trouble)
    mark_running(True)
    app = None
    around = None
    crash = None
    try:
        app = App(board, values, counts)
        around = services.Services(app, board_name)
        app.run()
    except Exception as error:
        crash = error
    finally:
        micropython.kbd_intr(-1)
        try:
            if app is not None:
                app.shut_down()
            if around is not None:
                around.close()
        except Exception as error:  # as where there is no memory: it is to start again all the same
            crash = crash or error
        finally:
            mark_running(False)
            micropython.kbd_intr(3)
    if crash is not None:
        _crashed(crash)
    else:
        leave(app, around.leave)


def leave(app, how):
    """End as asked: repl (return), reset, or sleep."""
    from heelcue import power

    if how == "reset":
        machine.reset()
    if how == power.OFF:
        machine.RTC().memory(b"")
        power.sleep(app.board, False)
    if how == power.SLEEP:
        if not _watches_motion(app.sensor.imu):
            machine.reset()  # moving again, or no answer: asleep, it would miss the walk
        power.sleep(app.board, True)


def _watches_motion(sensor):
    """Set the motion wake-up; False when the chip does not take it, or sees motion already."""
    from heelcue.imu import ImuError

    try:
        return sensor is not None and sensor.watch_motion()
    except (ImuError, OSError):
        return False
