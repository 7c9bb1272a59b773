"""Everything is killed while incidents heal on real hosts."""
