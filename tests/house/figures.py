"""The sizes of the house: a thermometer, printed by `make check`. Only what is far too long fails."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from statistics import median, quantiles

from tests.house.tree import CONNECTORS, ROOT, place, sources

MODULE_LIMIT = 300
FUNCTION_LIMIT = 45
BROAD_LIMIT = 5


@dataclass(frozen=True)
class Figures:
    """Lines per module and per function with where they stand, and the places that catch everything."""

    modules: list[tuple[int, str]]
    functions: list[tuple[int, str]]
    broad: list[str]

    def too_long(self) -> list[str]:
        """What no reader holds in the head."""
        return [f"{where}: {lines} lines" for lines, where in self.modules if lines > MODULE_LIMIT] + [
            f"{where}: {lines} lines" for lines, where in self.functions if lines > FUNCTION_LIMIT
        ]

    def __str__(self) -> str:
        return (
            f"modules:   {_spread(self.modules)}\n"
            f"functions: {_spread(self.functions)}\n"
            f"catching everything: {len(self.broad)} of {BROAD_LIMIT} places"
        )


def measure() -> Figures:
    """Read the whole tree once."""
    modules, functions, broad = [], [], []
    for path, tree in sources(ROOT / "src", CONNECTORS):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 3:
            modules.append((lines, str(path.relative_to(ROOT))))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                functions.append((length, f"{place(path, node.lineno)} {node.name}"))
            elif isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                broad.append(place(path, node.lineno))
    return Figures(sorted(modules), sorted(functions), broad)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or getattr(handler.type, "id", "") in {"Exception", "BaseException"}


def _spread(sizes: list[tuple[int, str]]) -> str:
    lines = [size for size, _ in sizes]
    longest, where = sizes[-1]
    p95 = quantiles(lines, n=20)[-1]
    return f"{len(lines)}, median {median(lines):.0f} lines, p95 {p95:.0f}, longest {longest} ({where})"


if __name__ == "__main__":
    print(measure())  # noqa: T201 - printing is what it is for
