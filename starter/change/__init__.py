"""Changes, as the commands submit, show and stop them."""
