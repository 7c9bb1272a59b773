"""Extended routines that somebody orders."""
