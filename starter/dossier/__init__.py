"""The commands that check, show and publish dossiers, and that list the proofs of their instructions."""
