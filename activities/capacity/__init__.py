"""Forecasts of the use of resources."""
