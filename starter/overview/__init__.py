"""One screen of all that is under way, for whoever comes on duty."""
