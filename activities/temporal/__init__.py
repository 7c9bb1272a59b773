"""Queries and updates to other workflows through Temporal."""
