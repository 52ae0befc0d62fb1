"""The rule language: YAML text in, a checked `RuleSet` or every error at once out. Begin at `loading.load_rules`."""
