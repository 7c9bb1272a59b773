"""Agreed maintenance, carried out in its window."""
