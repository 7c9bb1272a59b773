"""Changes: planned, approved, made, undone where they did harm, and reviewed."""
