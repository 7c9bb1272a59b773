"""Service-level clocks, computed without any server."""
