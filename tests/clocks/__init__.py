"""Service hours and service-level clocks, held against references that count minutes."""
