"""Incidents as the commands see them: found, read, and told what people decide."""
