"""What all commands share on the terminal: options, tables, and text that is harmless there."""
