"""Maintenance, as the commands list, start and foresee it."""
