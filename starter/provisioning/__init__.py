"""Schedules: what the published dossiers want, what the server has, and making the one match the other."""
