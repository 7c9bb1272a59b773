"""The workflows of reports to the customer and to the supplier."""
