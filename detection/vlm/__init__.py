"""Asking vision models what letters alone cannot settle. The same ladder serves local and cloud models."""
