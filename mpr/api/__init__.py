"""What every endpoint of the API shares: the error shape, strict input, paging, idempotence, the schema."""
