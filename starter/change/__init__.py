"""The commands that submit, show and stop changes."""
