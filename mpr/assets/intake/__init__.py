"""How files come into the library: sent in parts, or found in media_in; then read by a worker."""
