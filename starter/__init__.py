"""What starts work: commands, intake and schedules."""
