"""The embedded monitor: samples measuring points, keeps the samples, and reports faults to the watches."""
