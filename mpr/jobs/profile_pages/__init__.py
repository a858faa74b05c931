"""The pages of profiles: how footage is looked at, who looks like that, and what differs."""
