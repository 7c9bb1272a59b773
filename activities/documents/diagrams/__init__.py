"""Diagrams of the parts of an application, as SVG: who needs whom, the path of a flow, and the servers of a site."""
