"""Adapters that build the commands for each kind of backup and read what comes back. Nothing here acts."""
