"""The platform: knows no brand, no logo, no model."""
