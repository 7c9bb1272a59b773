"""Major incidents, as the commands see and tell them."""
