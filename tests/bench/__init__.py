"""Benchmarks: what Driftvakt reaches, each figure beside the raw ceiling of the same run. `python -m tests.bench [NAME ...]`."""
