"""Major incidents: several incidents under one lead."""
