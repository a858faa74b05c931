"""Running an installation: `mpr up`, `mpr doctor`, the state of the database's schema, the first user."""
