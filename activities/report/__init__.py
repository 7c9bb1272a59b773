"""Reports: their facts, their archive, and the activities of their workflow."""
