"""JSON Schemas (draft-07, which editors of YAML understand best) of rule files, their tests and catalogues of fields:
words.py says what a hover shows, parts.py builds with it, the others are one kind of file, or a part of one, each."""
