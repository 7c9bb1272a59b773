"""The history of measuring points."""
