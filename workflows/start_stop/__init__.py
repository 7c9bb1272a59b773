"""Starting up and shutting down an application."""
