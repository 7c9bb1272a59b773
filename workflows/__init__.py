"""The processes as durable workflows. Workflow code alone: it names activities by their stubs and touches nothing else."""
