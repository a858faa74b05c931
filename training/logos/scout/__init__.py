"""Train the scout: the small network that says where in a frame a mark may be."""
