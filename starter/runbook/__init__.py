"""The commands that list, show, start and write runbooks."""
