"""Which brand a reading names: pure rules on plain values."""
