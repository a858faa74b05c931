"""PostgreSQL and Valkey from wheels, started when no URL is configured. Used by the command line alone."""
