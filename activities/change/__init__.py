"""The parts of a dossier that concern a change."""
