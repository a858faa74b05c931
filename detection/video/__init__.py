"""Finding shots and near-duplicates in small pictures."""
