"""The handbook of an application, for the command line."""
