"""The two buckets: media_in holds footage, media_out everything that is computed."""
