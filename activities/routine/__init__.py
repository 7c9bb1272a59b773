"""The check of orders of extended routines."""
