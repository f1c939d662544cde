"""What differs between MicroPython, where the board runs, and CPython, where its parts are tested.

Hot functions are compiled by MicroPython's viper emitter, which knows `ptr8` and `ptr16` by name;
CPython gets the same meaning from unsigned views.
"""

import sys

CPYTHON = sys.implementation.name == "cpython"

if CPYTHON:

    class micropython:
        """The decorators and functions of the `micropython` module that the board uses."""

        @staticmethod
        def const(value):
            return value

        @staticmethod
        def viper(function):
            return function

        native = viper

    def ptr8(buffer):
        """View a buffer as unsigned bytes."""
        return memoryview(buffer).cast("B")

    def ptr16(buffer):
        """View a buffer as unsigned 16-bit words in native order."""
        return memoryview(buffer).cast("B").cast("H")

else:
    import micropython  # noqa: F401

    ptr8 = ptr16 = None


def os_error(code):
    """OSError with its errno on both: CPython sets it only from two arguments."""
    return OSError(code, "") if CPYTHON else OSError(code)
