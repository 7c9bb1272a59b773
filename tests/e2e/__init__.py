"""The real worker, the real server and a real host; only the application is made up."""
