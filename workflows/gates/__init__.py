"""Questions that a workflow asks people, and the notices about them."""
