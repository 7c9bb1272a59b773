"""Runbooks, as the commands list, start, show and write them."""
