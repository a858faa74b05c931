"""The pipeline family that finds brands."""
