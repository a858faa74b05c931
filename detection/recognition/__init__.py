"""From regions of frames to sightings of logos: what rides on tracks, what agrees from frame to frame, and what text
says to it. Pure."""
