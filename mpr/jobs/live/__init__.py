"""Following jobs as they run: over server-sent events and over WebSockets, from one feed per job and process."""
