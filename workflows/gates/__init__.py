"""Questions that a workflow asks people, and who is written to about them."""
