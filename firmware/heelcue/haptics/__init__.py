"""Haptics: the motor's drivers behind one interface, see heelcue.haptics.base.Motor."""


def find(board, settings, i2c):
    """Return the motor's driver for this board and these settings, motor off.

    "auto": a DRV2605L if one answers on the bus; else the RMT peripheral, which ends a pulse
    without the processor; else PWM and a timer. Only the driver chosen is imported.
    """
    drive = settings["motor_drive"]
    if drive in ("auto", "drv2605"):
        from heelcue.haptics import drv2605

        if drv2605.answers(i2c):
            return drv2605.Drv2605Motor(board, settings, i2c)
        if drive == "drv2605":
            raise OSError("no DRV2605L answers at 0x5a on the I2C bus")
    if drive in ("auto", "auto_pin", "rmt"):  # auto_pin: a line that only says on or off
        try:
            from heelcue.haptics import rmt

            return rmt.RmtMotor(board, settings)
        except (ImportError, AttributeError, ValueError, OSError):
            if drive == "rmt":
                raise
    from heelcue.haptics.pwm import PwmMotor

    return PwmMotor(board, settings)
