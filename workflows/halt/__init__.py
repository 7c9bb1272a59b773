"""Halts: nothing new begins until they are lifted."""
