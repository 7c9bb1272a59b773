"""Commands for problems."""
