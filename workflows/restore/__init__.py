"""Restores from backup, and drills that practise them."""
