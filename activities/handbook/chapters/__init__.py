"""The chapters of a handbook: each file has one, as `CHAPTER`."""
