"""Maintenance: its calendar, its windows, and rolling over hosts."""
