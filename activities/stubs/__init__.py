"""Activity stubs: names and types that workflows call by; the classes beside this package carry them out.

A test holds every stub against the implementation of the same name.
"""
