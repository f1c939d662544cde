"""Integers as the ESP32 has them: 31 bits, no floats; anything beyond raises at once.

On the ESP32's MicroPython an integer with |x| >= 2**30 lives on the heap, and so does every
float. `Int31` is an int whose every arithmetic result is checked and is an `Int31` again, so that
one such value at the input watches all that is computed from it. `instrument` puts them (and
floats that refuse to be used) into the state of a Pipeline. One thing CPython hides: a float
literal on the left of an operator; the test with the locked heap sees that.
"""

from __future__ import annotations

from array import array
from typing import Any

LIMIT = 2**30


class TooWide(AssertionError):
    """An integer that does not fit a 31-bit small integer."""


class FloatUsed(AssertionError):
    """A float on the sample path."""


def check(value: Any) -> Any:
    """Return `value` as Int31; raise TooWide or FloatUsed if the ESP32 would need the heap."""
    if value is NotImplemented or isinstance(value, bool):
        return value
    if isinstance(value, float):
        raise FloatUsed(f"float {value} on the sample path")
    if not -LIMIT < value < LIMIT:
        raise TooWide(f"{value} needs more than 31 bits")
    return Int31(value)


class Int31(int):
    """An int whose arithmetic stays within 31 bits or raises."""


class NoFloat(float):
    """A float that may be stored but not computed with."""


def _checked(name: str) -> Any:
    plain, made = getattr(int, name), int.__new__

    def method(self: int, *others: Any) -> Any:
        result = plain(self, *others)
        if result.__class__ is int and -LIMIT < result < LIMIT:  # nearly always: no more calls
            return made(Int31, result)
        if any(isinstance(other, float) for other in others):
            raise FloatUsed(f"{int(self)} {name} {others}")
        return check(result)

    return method


def _checked_divmod(self: int, other: int) -> tuple[Any, Any]:
    return check(int(self) // other), check(int(self) % other)


def _refused(name: str) -> Any:
    def method(self: float, *others: Any) -> Any:
        raise FloatUsed(f"{float(self)} {name} {others}")

    return method


_BINARY = ("add", "sub", "mul", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor")
for _name in _BINARY:
    for _method in (f"__{_name}__", f"__r{_name}__"):
        setattr(Int31, _method, _checked(_method))
for _method in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(Int31, _method, _checked(_method))
for _method in ("__truediv__", "__rtruediv__"):
    setattr(Int31, _method, _checked(_method))
Int31.__divmod__ = _checked_divmod  # type: ignore[method-assign,assignment]
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _method in (f"__{_name}__", f"__r{_name}__"):
        setattr(NoFloat, _method, _refused(_method))
for _method in ("__neg__", "__abs__", "__int__", "__lt__", "__le__", "__gt__", "__ge__", "__eq__"):
    setattr(NoFloat, _method, _refused(_method))
NoFloat.__hash__ = float.__hash__  # type: ignore[method-assign]


class CheckedArray(list):  # type: ignore[type-arg]
    """An array('h') or array('i') whose elements come out as Int31."""

    def __setitem__(self, index: Any, value: Any) -> None:
        many = isinstance(index, slice)
        super().__setitem__(index, [check(one) for one in value] if many else check(value))


def samples(values: Any) -> CheckedArray:
    """Return raw values (any iterable of int) as the instrumented pipeline's input."""
    return CheckedArray(check(int(value)) for value in values)


def _instrumented(value: Any, seen: set[int]) -> Any:
    if isinstance(value, (bool, Int31, NoFloat, CheckedArray)):
        return value
    if isinstance(value, int):
        return check(value)
    if isinstance(value, float):
        return NoFloat(value)
    if isinstance(value, array):
        return CheckedArray(check(one) for one in value)
    if isinstance(value, list):
        value[:] = [_instrumented(one, seen) for one in value]
        return value
    if isinstance(value, tuple):
        return tuple(_instrumented(one, seen) for one in value)
    if type(value).__module__.startswith("heelcue"):
        instrument(value, seen)
    return value


def instrument(thing: Any, seen: set[int] | None = None) -> Any:
    """Replace the numbers in an object of the device's package, and in all it holds; return it.

    Raises TooWide if one of them is out of range already.
    """
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return thing
    seen.add(id(thing))
    for name, value in list(vars(thing).items()):
        setattr(thing, name, _instrumented(value, seen))
    return thing
