"""The drills that dossiers require, and those that are overdue."""
