"""Halts, as the commands make and lift them."""
