"""A short drawn broadcast with exact ground truth, for the demonstration, the tests and later for validation."""
