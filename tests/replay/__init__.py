"""Recorded histories, and the test that replays them against the workflows as they are now."""
