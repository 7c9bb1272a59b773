"""The watch of an application: what becomes of each alarm, who may operate on what, and which incidents are open."""
