"""Checks of an installation: missing or misconfigured parts, and how to fix them."""
