"""The canonical form of rule files: comments.py finds comments, pieces.py says what each belongs to, shapes.py which
order keys have, spelling.py how a value is written, printing.py puts it on lines, canonical.py is the way through."""
