"""One incident: confirmed, remedied, led by people, and closed when recovery is proven."""
