"""Which restores the dossier wants practised, and which of these drills are overdue."""
