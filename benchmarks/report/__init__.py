"""How long a report takes that is computed anew from what a job stored."""
