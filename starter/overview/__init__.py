"""The current work of all applications on one screen, for the person who comes on duty."""
