"""A routine of maintenance, and its calendar."""
