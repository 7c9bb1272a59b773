"""Looking at other workflows through Temporal, and telling them something."""
