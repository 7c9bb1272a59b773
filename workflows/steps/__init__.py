"""Carrying out the steps of a dossier: on hosts, under a lease, with health looked at, and with people told."""
