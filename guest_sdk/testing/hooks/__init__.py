"""The hooks of a test's project, and the writes that set them off."""
