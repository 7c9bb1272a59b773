"""Messages, the dossier and the tables: what everything else speaks in. Imports nothing of the project."""
