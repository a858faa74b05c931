"""How long pages take on a long match, and what they weigh."""
