"""The endpoints of jobs: starting is a family's affair, steering, watching and replaying are here."""
