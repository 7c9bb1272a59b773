"""Watches, as the commands show them and tell them."""
