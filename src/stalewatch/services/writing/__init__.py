"""What people ask the CRMs to be told: asked for in one transaction, written in another, each write once."""
