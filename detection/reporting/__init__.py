"""The report's page: what is read for it, computed anew while somebody looks, shown, and shared."""
