"""From a chosen board to the running application, and back to the REPL in an orderly way."""

import sys

import machine

from heelcue import faults, settings


def _causes(counts):
    """Count what reset the board, where that was a fault."""
    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        counts.add(faults.WATCHDOG, "the loop hung and the watchdog reset the board")


def run(board):
    """Build the application and run it; returns when it was asked to stop.

    On Ctrl-C the motor is off and everything is given back before KeyboardInterrupt goes on to the
    REPL. A second Ctrl-C meanwhile is ignored (the watchdog must get its long timeout).
    """
    import micropython

    from heelcue.app import App

    counts = faults.Faults()
    _causes(counts)
    values, trouble = settings.load()
    if trouble:
        counts.add(faults.SETTINGS, trouble)
    app = App(board, values, counts)
    try:
        from heelcue import console

        console.attach(app)
    except ImportError:
        pass
    try:
        app.run()
    finally:
        micropython.kbd_intr(-1)
        try:
            app.shut_down()
        finally:
            micropython.kbd_intr(3)


def say(text):
    """Print one line."""
    sys.stdout.write(text + "\n")
