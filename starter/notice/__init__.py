"""Notices, as the commands test and list them."""
