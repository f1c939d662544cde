"""What the wearer sees and does: button, LED, patterns on the motor, battery, sleep."""

import time

import machine

from heelcue import faults, power
from heelcue.compat import const
from heelcue.console import RequestError
from heelcue.haptics.patterns import Player, of_fault

_CONSOLE_AWAKE_MS = const(60_000)  # no sleep for so long after the last request
_RECORD_S = const(120)  # three presses: so long at most
# Rest until a raw stream no longer keeps it awake. Of a cable that was pulled out nothing is seen:
# the UART sends on, and both kinds of USB throw away what a host that is gone does not take
_STREAM_AWAKE_MS = const(1_800_000)
_GONE_MS = const(600_000)  # no sensor for so long: off, or it buzzes until the cell is flat


class Wearer:
    """Part of the services: tick() between two samples."""

    def __init__(self, services):
        self.services = services
        self.app = services.app
        board = self.app.board
        lamp = None
        if board["led"] is not None:
            lamp = machine.Pin(board["led"], machine.Pin.OUT, value=1 - board["led_on"])
        self.player = Player(self.app.motor, lamp, board["led_on"])
        self.button = None
        if board["button"] is not None:
            from heelcue.button import Button

            pin = machine.Pin(board["button"], machine.Pin.IN, machine.Pin.PULL_UP)
            self.button = Button(lambda: not pin.value())
        self.battery = self._make_battery(board)
        self._going_off = False
        self._ok_ms = time.ticks_ms()  # when there was a sensor

    @staticmethod
    def _make_battery(board):
        if board["battery"] is None:
            return power.Battery(None)
        pin, above, below = board["battery"]
        adc = machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        return power.Battery(adc.read_uv, above, below)

    def tick(self, now):
        """Called in every pause."""
        self.player.motor = self.app.motor  # another one, after a change of settings
        self.player.tick(now)
        if self.button is not None:
            gesture = self.button.look(now)
            if gesture:
                self._gesture(gesture)
        if self._going_off and not (self.player.busy or self.app.motor.is_on):
            self.services.leave = power.OFF  # what was felt says so
        what = self.battery.look(now, self.app.motor.is_on)
        if what:
            self._battery_says(what)
        self._maybe_sleep(now)

    def _gesture(self, gesture):
        from heelcue import button

        motor = self.app.motor
        if gesture == button.SHORT:
            values = self.app.settings
            self.player.play((values["pulse_ms"], values["strength_pct"], 0))
        elif gesture == button.DOUBLE:
            self.services.mute(not motor.muted)
            self.player.play("muted" if motor.muted else "on")
        elif gesture == button.TRIPLE:
            if self.services.recording is None:
                try:
                    self.services.start_recording(_RECORD_S)
                except RequestError:
                    self.player.play(of_fault(faults.FLASH))
                    return
            else:
                self.services.stop_recording()
            self.player.play("record")
        elif gesture == button.LONG:
            self.player.play("off")
            self._going_off = True

    def _battery_says(self, what):
        if what == "low":
            self.app.faults.add(faults.BATTERY_LOW, "the battery is nearly empty")
        else:
            self.app.faults.add(faults.BATTERY_EMPTY, "the battery is empty; switching off")
            self._going_off = True
        self.player.play("battery")

    def _maybe_sleep(self, now):
        if self._going_off or self.player.busy:
            return  # off is not asleep, and what is being felt is felt to its end
        app = self.app
        ok = app.sensor.ok
        if ok:
            self._ok_ms = now
            if app.still_ms(now) < app.settings["sleep_after_s"] * 1000:
                return
        elif time.ticks_diff(now, self._ok_ms) < _GONE_MS or app.board["wake"] is None:
            return
        heard = self.services.console.heard_ms
        if heard is not None:
            # `now` may be older: this turn answered it
            if abs(time.ticks_diff(now, heard)) < _CONSOLE_AWAKE_MS:
                return
            self.services.console.heard_ms = None
        if not ok:
            self.services.leave = power.OFF
            return
        # A wire that was left out would be the end of all walks: only the button would wake it
        can_wake = power.can_wake(app.board) and app.sensor.interrupts
        can_wake = can_wake and app.sensor.imu.motion_status >= 0
        services = self.services
        streams = services.stream is not None and not services.console.unread
        streams = streams and app.still_ms(now) < _STREAM_AWAKE_MS
        if services.recording is None and not streams and can_wake:
            services.leave = power.SLEEP
