"""Inertial sensors: find the chip that is there and hand out its driver.

Only the driver of the chip found is imported, the others cost no memory.
"""

from heelcue.compat import const

# Addresses: MPU family, ICM-42688-P and BMI270 by their AD0/SDO pin; LSM6 by SA0
ADDRESSES = (0x68, 0x69, 0x6A, 0x6B)

NOT_FOUND = const(1)  # nothing answers at any address an IMU could have
UNKNOWN_CHIP = const(2)  # something answers, but no chip that is known here
NO_CONFIG = const(3)  # BMI270 without the maker's configuration file
NOT_READY = const(4)  # the chip did not come out of reset, or refused a register


class ImuError(Exception):
    """Something is wrong with the sensor: `.code` (see above) and one sentence."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


# WHO_AM_I at 0x75 -> chip (a tuple each, with its driver, would take 1 kB more of heap). From the
# makers' register maps: RM-MPU-6000A (0x68), RM-MPU-6500A (0x70), RM-MPU-9250A (0x71, 9255: 0x73),
# MPU-6515 (0x74), MPU-6886 (0x19), ICM-42688-P (0x47). 0x72: a clone sold as MPU-6050, and behaving
# like one; 0x98: ICM-20689, also sold as one, and behaving like an MPU-6500.
_AT_75 = {
    0x68: "MPU6050",
    0x72: "MPU6050 clone",
    0x70: "MPU6500",
    0x71: "MPU9250",
    0x73: "MPU9255",
    0x74: "MPU6515",
    0x98: "ICM20689",
    0x19: "MPU6886",
    0x47: "ICM42688P",
}
# WHO_AM_I at 0x0F (LSM6DS3TR-C, LSM6DSO, LSM6DSOX datasheets; DSO and DSOX answer alike)
_AT_0F = {
    0x69: "LSM6DS3",
    0x6A: "LSM6DS3TR-C",
    0x6C: "LSM6DSO",
}
_BMI270_ID = const(0x24)  # CHIP_ID at 0x00


def _register(i2c, address, register):
    try:
        return i2c.readfrom_mem(address, register, 1)[0]
    except OSError:
        return -1


def identify(i2c):
    """Return (address, driver module, chip name) of the first IMU on the bus, or raise ImuError."""
    answered = ""
    for address in ADDRESSES:
        if address < 0x6A:
            first = _register(i2c, address, 0x75)
            if first < 0:
                continue
            if first in _AT_75:
                return address, "icm42688" if first == 0x47 else "mpu", _AT_75[first]
            second = _register(i2c, address, 0x00)
            if second == _BMI270_ID:
                return address, "bmi270", "BMI270"
        else:
            first = _register(i2c, address, 0x0F)
            if first < 0:
                continue
            if first in _AT_0F:
                return address, "lsm6dso" if first == 0x6C else "lsm6ds3", _AT_0F[first]
        answered += " 0x%02x (identity 0x%02x)" % (address, first)
    if answered:
        raise ImuError(
            UNKNOWN_CHIP,
            "the chip at%s is no IMU that this firmware knows; see firmware/README.md" % answered,
        )
    raise ImuError(
        NOT_FOUND, "no IMU answers on the I2C bus; check its power, SDA, SCL and the board file"
    )


def probe(i2c, int_pin=None):
    """Return the driver of the IMU on the bus, reset and identified, not yet started.

    i2c: machine.I2C; int_pin: machine.Pin of the chip's interrupt output (active low) or None.
    Raises ImuError(code, sentence).
    """
    address, module, chip = identify(i2c)
    driver = __import__("heelcue.imu." + module, None, None, ("Driver",)).Driver
    return driver(i2c, address, chip, int_pin)
