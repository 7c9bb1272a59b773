"""What every workflow stands on: retry policies, the sandbox, keys, waiting, and text for pages."""
