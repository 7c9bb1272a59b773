"""The demo: an installation of its own, an example customer's application on three hosts, and two faults."""
