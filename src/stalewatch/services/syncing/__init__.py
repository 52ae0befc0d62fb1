"""CRMs read into the store: pages, their past, and what follows from it."""
