"""Secrets, of which dossiers and settings hold references only."""
