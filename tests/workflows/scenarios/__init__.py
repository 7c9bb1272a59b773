"""Incidents from beginning to end: given / act / fast-forward / expect, on a server whose time can be skipped."""
