"""The embedded monitor of a site, and the dead-man's switch that notices its silence."""
