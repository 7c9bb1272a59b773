"""Notices: the receivers, the text and the channel of each; every notice is sent once."""
