"""Two jobs side by side: the frames in which a stage saw something else, and what changed per brand."""
