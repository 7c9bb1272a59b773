"""Looking at an order of an extended routine."""
