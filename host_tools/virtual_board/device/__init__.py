"""The board itself: MicroPython modules in the place of an ESP32's own; CPython reads them too."""
