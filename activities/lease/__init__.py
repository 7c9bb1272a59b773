"""Leases, as their holders ask for them."""
