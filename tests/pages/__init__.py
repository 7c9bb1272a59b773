"""What stands on the pages of workflows in the Temporal UI."""
