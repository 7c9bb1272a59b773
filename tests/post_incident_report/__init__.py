"""The post-incident report of an incident: complete, unchangeable, harmless, and without secrets for the customer."""
