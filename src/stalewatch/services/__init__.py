"""What stalewatch does, one verb a file; each opens its own transactions."""
