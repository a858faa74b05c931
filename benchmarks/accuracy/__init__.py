"""What MPR sees and what it costs, on clips with known truth, beside the script that a user would write instead."""
