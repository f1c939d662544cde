"""The one difference between the runtimes that pure modules meet.

MicroPython's compiler folds `const(...)` by its bare name; CPython has no such function.
"""

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[misc]
        """Return value unchanged."""
        return value
