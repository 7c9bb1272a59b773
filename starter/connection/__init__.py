"""Connections to Temporal, links to its UI, and the workers that poll its task queues."""
