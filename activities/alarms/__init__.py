"""Send alarms to the watches of their applications."""
