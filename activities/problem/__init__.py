"""Problems: reads from the records what came back, and why its cause has to be found."""
