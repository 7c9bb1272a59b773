"""The commands of `driftvakt`, a file for each group."""
