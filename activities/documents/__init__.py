"""Documents for people: plain blocks, laid out as Markdown and as HTML that needs nothing else."""
