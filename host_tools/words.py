"""Sentences with numbers in them."""

from __future__ import annotations


def count_of(count: int, noun: str) -> str:
    """Return the count with its noun, which takes an s unless it is one thing."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
