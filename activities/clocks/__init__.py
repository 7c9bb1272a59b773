"""Service-level clocks: pure functions of recorded events, an agreement and its calendars."""

from activities.clocks.reading import read

__all__ = ["read"]
