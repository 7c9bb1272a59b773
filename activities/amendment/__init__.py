"""The differences between two versions of a dossier, in words: what is new, for whom, and whether it was agreed."""
