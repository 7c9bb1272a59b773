"""The reads and writes of an incident at its beginning and end."""
