"""The embedded monitor of a site, and the dead-man's switch that raises an alarm when the monitor stops."""
