"""Requests for leases."""
