"""Activity stubs: the names and types by which workflows call activities; the packages beside this one implement them.

A test compares every stub with the implementation of the same name.
"""
