"""The pages of brands: what is looked for, how well it is known, where it was seen."""
