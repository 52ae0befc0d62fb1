"""The rules in force: files found and read, kept as one rulebook, tested and covered."""
