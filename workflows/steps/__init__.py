"""Carries out the steps of a dossier: on hosts, under a lease, with health checks and notices."""
