"""Tests: each name is the promise that is checked."""
