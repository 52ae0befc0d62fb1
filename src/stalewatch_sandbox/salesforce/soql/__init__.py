"""SOQL, the part of it that clients of a pipeline use: read, checked against the schema, and run over tables."""
