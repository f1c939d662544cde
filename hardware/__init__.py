"""Heelcue's hardware as sources: bill of materials, wiring, enclosure, power budget, pictures."""
