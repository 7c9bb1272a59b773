"""Probes of measuring points. Workflows use the activities of `Probes` in `activities.py`; each kind is a file in `kinds/`."""
