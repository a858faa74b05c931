"""Model backends. Each is loaded once per process through `ctx.model(load_…, …)`; what a vendor's library returns
becomes a domain type here and travels no further."""
