"""Restores and drills, as the commands show them."""
