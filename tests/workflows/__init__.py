"""Tests of the workflows with a scripted world instead of hosts."""
