"""Extended routines, as the commands list and order them."""
