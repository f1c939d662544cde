"""Haptics: the motor's drivers behind one interface, see heelcue.haptics.base.Motor."""

_DRV2605_IDS = (3, 4, 6, 7)  # DEVICE_ID in STATUS: DRV2605, 2604, 2604L, 2605L (SLOS854, 8.6.1)


def _drv2605_answers(i2c):
    """Return True when a chip of the family is on the bus.

    Asked three times: for one disturbed transfer, cues would go to a bare pin until the next start.
    """
    for _ in range(3):
        try:
            return i2c.readfrom_mem(0x5A, 0, 1)[0] >> 5 in _DRV2605_IDS
        except OSError:
            pass
    return False


def find(board, settings, i2c, before=None):
    """Return the motor's driver for this board and these settings, motor off.

    "auto": a DRV2605L if one answers on the bus; else the RMT peripheral, which ends a pulse
    without the processor; else PWM and a timer. "rmt", where it does not work, is PWM too: without
    a motor no start would be possible. Only the driver chosen is imported. before: the one that it
    replaces.
    """
    drive = settings["motor_drive"]
    trouble = ""
    if drive == "drv2605" or (drive == "auto" and _drv2605_answers(i2c)):
        from heelcue.haptics import drv2605

        return drv2605.Drv2605Motor(board, settings, i2c, before)
    if drive != "pwm":
        try:
            from heelcue.haptics import rmt

            return rmt.RmtMotor(board, settings, before)
        except (ImportError, AttributeError, ValueError, OSError):
            if drive == "rmt":
                trouble = "this build's RMT does not work; PWM drives the motor"
    from heelcue.haptics.pwm import PwmMotor

    motor = PwmMotor(board, settings, before)
    motor.error = trouble
    return motor
