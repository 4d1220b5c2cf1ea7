"""How guest code runs in wasm. Knows nothing of tenants, policies or databases."""
