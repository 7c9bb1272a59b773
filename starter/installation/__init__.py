"""An installation on one machine: its parts, its embedded Temporal server and its files."""
