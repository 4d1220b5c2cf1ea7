"""The host: runs other people's connector code in wasm and answers what it asks for."""
