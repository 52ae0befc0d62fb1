"""mutmut, which writes out only the changes that it is asked for: `python drawn.py run <name> ...`.

By itself it writes each function of a module a hundred times over, once for each change, and only then looks which of
them somebody wants; of the language's 13,000 that takes minutes, and as long again whenever they are imported.
"""

from __future__ import annotations

import sys
from typing import Final

import libcst as cst
from mutmut.mutation import file_mutation

_NOTHING: Final = cst.IndentedBlock([cst.parse_statement("pass")])
_write_out: Final = file_mutation.deep_replace
_drawn: Final = {name.rpartition(".")[2] for name in sys.argv}


def _if_drawn(tree: cst.CSTNode, old: cst.CSTNode, new: cst.CSTNode) -> object:
    if isinstance(tree, cst.FunctionDef) and tree.name.value not in _drawn:
        return tree.with_changes(body=_NOTHING)
    return _write_out(tree, old, new)


if __name__ == "__main__":
    setattr(file_mutation, "deep_replace", _if_drawn)  # noqa: B010 - it is mutmut's, and typed as its own
    from mutmut.__main__ import cli

    cli()
