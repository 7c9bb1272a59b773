"""The commands that list, show and update major incidents."""
