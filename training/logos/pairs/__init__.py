"""How the pair network, which compares an exemplar with what lies under it, is trained."""
