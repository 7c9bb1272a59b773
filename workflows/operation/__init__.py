"""What all operations share: a lease, a page, a record, and the question after a failed step."""
