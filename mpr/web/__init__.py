"""The page shell: sign-in, navigation, health, error pages."""
