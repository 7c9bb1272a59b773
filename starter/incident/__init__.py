"""The commands that list, show and update incidents."""
