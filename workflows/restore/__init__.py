"""Restores from a backup, and drills, which test that a backup can be restored."""
