"""Restores and drills, as the commands show and start them."""
