"""All that a plugin may import. Its names follow semantic versioning: removing one is a major release."""
