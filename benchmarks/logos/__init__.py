"""How well logos are found from one picture of each: by size and blur, with what it costs."""
