"""Dossiers, as the commands check, show and publish them, and which of their instructions are proven."""
