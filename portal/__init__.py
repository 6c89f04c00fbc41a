"""The city's web system: a floor (core), a hall (web), rooms, and a roof (app, wiring)."""

__version__ = "0.1.0"
