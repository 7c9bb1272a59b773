"""The history of measuring points, day by day."""
