"""The library page: footage with its jobs, and what can be done with it."""
