"""Start: a moment in which the REPL is free for the asking, then the application.

Every way out (Ctrl-C, an exception, the console's `repl` command) ends with the motor off, the
timers stopped and the watchdog far away.
"""

import sys
import time

import esp32
import machine

WINDOW_MS = 1500
STEP_MS = 50
# Held for so long when the window ends: safe mode. Not all the while: on the dev kit the button is
# GPIO0, and held during the reset it starts the ROM's loader instead of MicroPython.
HELD_MS = 500


def _lamp(board):
    if board["led"] is None:
        return None
    return machine.Pin(board["led"], machine.Pin.OUT, value=1 - board["led_on"])


def asked_to_hurry():
    """Tell whether the host asked for a start without window; it holds for one start only."""
    from heelcue import START_NOW

    memory = machine.RTC().memory
    if memory() != START_NOW:
        return False
    memory(b"")
    return True


def window(board):
    """Wait with the LED on; return False when the button is held: the REPL stays free.

    Ctrl-C ends it too, as a KeyboardInterrupt. Nothing is armed yet, no watchdog and no timer.
    After a wake-up from deep sleep there is no window: somebody has begun to walk. A host that had
    the REPL until now needs none; a button that is held still counts.
    """
    window_ms = STEP_MS if asked_to_hurry() else WINDOW_MS
    button = board["button"]
    pin = None
    if button is not None:  # no longer held, should this be a wake-up
        pin = machine.Pin(  # type: ignore[call-arg]
            button, machine.Pin.IN, machine.Pin.PULL_UP, hold=False
        )
    if machine.reset_cause() == machine.DEEPSLEEP_RESET:
        return True
    lamp = _lamp(board)
    if lamp is not None:
        lamp.value(board["led_on"])
    held_ms = 0
    for _ in range(window_ms // STEP_MS):
        time.sleep_ms(STEP_MS)
        held_ms = held_ms + STEP_MS if pin is not None and not pin.value() else 0
    if lamp is not None:
        lamp.value(1 - board["led_on"])
    return held_ms < min(HELD_MS, window_ms)


def choose():
    """Return (name, board), and give back the few kB that the table of all boards takes."""
    import heelcue
    from heelcue import boards

    choice = boards.choose()
    del sys.modules["heelcue.boards"], heelcue.boards  # a package keeps its modules, too
    return choice


def main():
    """Boot window, then the application until it ends."""
    try:
        name, board = choose()
    except ValueError as error:
        print("heelcue: %s. The REPL is free" % error)
        return
    if board["hold"] is not None:
        machine.Pin(board["hold"], machine.Pin.OUT, value=1, hold=False)  # type: ignore[call-arg]
    # Off, whatever came before; and no longer held, as it was through a deep sleep
    machine.Pin(board["motor"], machine.Pin.OUT, value=0, hold=False)  # type: ignore[call-arg]
    # Outlasts the sleep (ESP-IDF, driver/gpio.h). The C6 has none, and from 1.29 on no chip
    hold_all = getattr(esp32, "gpio_deep_sleep_hold", None)
    if hold_all is not None:
        hold_all(False)
    if not window(board):
        print("heelcue: safe mode, the button was held; the REPL is free")
        return
    from heelcue import start

    start.run(name, board)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("heelcue: stopped; the REPL is free. machine.reset() or Ctrl-D starts again")
