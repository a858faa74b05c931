"""What the job page shows of results while they come: frames with what was found in them, and brands."""
