"""Heelcue: feels every heel-off of one foot and cues the wearer with a buzz."""

__version__ = "0.1.0"
