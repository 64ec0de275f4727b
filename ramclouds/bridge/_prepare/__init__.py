"""The steps that fit a request to a dialect: each pure and idempotent."""
