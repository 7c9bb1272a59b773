"""Finds the components in which an incident may have begun: pure functions of what was measured."""
