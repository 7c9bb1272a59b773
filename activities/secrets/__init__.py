"""The resolution of secrets; dossiers and settings contain only references to them."""
