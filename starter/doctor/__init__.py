"""What is missing or misconfigured in an installation, and how to mend it."""
