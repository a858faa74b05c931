"""The page of one asset: watching it, splitting it into chunks, picking chunks into timelines."""
