"""What recurs: when it takes place, and the schedules that run it."""
