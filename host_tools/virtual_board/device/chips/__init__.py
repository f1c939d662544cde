"""Register-level models of the chips on the board, written from their datasheets.

Only the model that a board carries is imported.
"""

CHIPS = {  # name in the configuration: (module, class)
    "mpu6050": ("mpu6050", "Mpu6050"),
    "lsm6ds3trc": ("lsm6", "Lsm6ds3trc"),
    "lsm6dso": ("lsm6dso", "Lsm6dso"),
    "icm42688p": ("icm42688", "Icm42688"),
    "bmi270": ("bmi270", "Bmi270"),
    "drv2605l": ("drv2605l", "Drv2605l"),
}
