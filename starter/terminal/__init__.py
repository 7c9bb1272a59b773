"""The shared parts of all commands: options, inputs, sessions, tables and safe text for the terminal."""
