"""Brands: what is looked for."""
