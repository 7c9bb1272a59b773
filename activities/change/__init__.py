"""What a dossier says about a change."""
