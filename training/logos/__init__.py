"""Train the network that recognises logos; docs/logos.md says how."""
