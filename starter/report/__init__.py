"""The commands that make, show, approve and send reports."""
