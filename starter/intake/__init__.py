"""The alarm intake: monitoring systems post alarms here, and get their 200 once the watch has them durably."""

from starter.intake.server import serve

__all__ = ["serve"]
