"""What an incident reads and writes at its beginning and end."""
