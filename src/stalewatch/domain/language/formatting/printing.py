"""Pieces on lines: two spaces a level, brackets kept where the author chose them and the line does not get long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stalewatch.domain.language.formatting.comments import Comment, is_block, is_flow
from stalewatch.domain.language.formatting.pieces import BLANK, Piece
from stalewatch.domain.language.formatting.shapes import RULES, Says, Shape
from stalewatch.domain.language.formatting.spelling import lines_spelled, spelled
from stalewatch.domain.language.nodes import Mapping, Scalar
from stalewatch.domain.language.rendering import width

WIDEST: Final = 160
"""Columns of a line with brackets, its sentences not counted: they would be no shorter on a line of their own."""
_STEP: Final = 2
_GAP: Final = "  "
"""At least this much before a comment behind a value."""


def printed(file: Piece, shape: Shape) -> str:
    """The whole file."""
    children = _ordered(file, shape)
    header, children[0].above = _header(file.children[0], children[0])
    lines = [*header, *_block(children, shape, 0, parted=shape is RULES), *_comments(file.below, 0)]
    return "\n".join(_without_double_blanks(lines)) + "\n"


def _header(written_first: Piece, now_first: Piece) -> tuple[list[str], list[str]]:
    """What stands at the head of a file stays there, whichever key comes first."""
    above = written_first.above
    if written_first is now_first:
        return above, []
    written_first.above = []
    return above, [line for line in now_first.above if line]


def _without_double_blanks(lines: list[str]) -> list[str]:
    whole = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return whole[:-1] if whole and not whole[-1] else whole


def _ordered(piece: Piece, shape: Shape) -> list[Piece]:
    if not isinstance(piece.value, Mapping):
        return list(piece.children)
    return sorted(piece.children, key=lambda child: shape.rank(child.key.text if child.key else ""))


def _block(children: Sequence[Piece], shape: Shape, indent: int, *, parted: bool = False) -> list[str]:
    """The children of a mapping or list, one below the other."""
    aligned = _aligned(children, shape, indent)
    lines = list[str]()
    for number, child in enumerate(children):
        inner = _shape(child, shape)
        made = _entry(child, inner, indent, aligned) if child.key else _item(child, inner, indent)
        wants_blank = number > 0 and parted and (child.key is None or inner.parted)
        if wants_blank and made[0]:
            made.insert(0, BLANK)
        lines += made if number else made[1:] if not made[0] else made
    return lines


def _shape(child: Piece, shape: Shape) -> Shape:
    return shape.under(child.key.text if child.key else None)


def _aligned(children: Sequence[Piece], shape: Shape, indent: int) -> int:
    """Columns before the values of a mapping if the author put them below each other, else 0.

    A value that stood on a line of its own and moves up to its key joins the others.
    """
    inline = [child for child in children if child.key and _inline(child, shape, indent)]
    columns = [child.column for child in inline if child.column is not None]
    if len(columns) < 2 or len(set(columns)) > 1:
        return 0
    return indent + max(width(_key(child)) for child in inline) + 2


def _inline(child: Piece, shape: Shape, indent: int) -> bool:
    inner = _shape(child, shape)
    if isinstance(child.value, Scalar):
        return len(lines_spelled(child.value, inner.says, 0)) == 1 and bool(child.value.raw)
    return _fits(child, inner, indent + width(_key(child)) + 2)


def _key(piece: Piece) -> str:
    return (spelled(piece.key) or '""') if piece.key else ""


def _comments(lines: Sequence[str], indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else BLANK for line in lines]


def _entry(piece: Piece, shape: Shape, indent: int, aligned: int) -> list[str]:
    """`key: value`, with what stands above and below it."""
    head = f"{' ' * indent}{_key(piece)}:"
    above = _comments(piece.above, indent)
    if isinstance(piece.value, Scalar):
        return [*above, *_scalar(head, piece, piece.value, shape, indent, aligned)]
    if _fits(piece, shape, width(head) + 1):
        return [*above, _beside(_valued(head, _flow(piece, shape), aligned), piece.beside)]
    _lower(piece)
    return [*above, _opened(head, piece), *_inside(piece, shape, indent + _STEP)]


def _scalar(head: str, piece: Piece, value: Scalar, shape: Shape, indent: int, aligned: int = 0) -> list[str]:
    """A value on one line or several, held together; its comment is behind the last, of a block behind the first."""
    first, *more = lines_spelled(value, shape.says, indent + _STEP)
    lines = [_valued(head, first, 0 if more else aligned), *more]
    at = 0 if is_block(value) else -1
    lines[at] = _beside(lines[at], piece.beside)
    return ["\n".join(lines)]  # one piece: empty lines inside it say something


def _lower(piece: Piece) -> None:
    """A comment behind a closing bracket comes after those inside."""
    if is_flow(piece.value) and piece.beside and piece.has_comments_inside:
        piece.below, piece.beside = [*piece.below, piece.beside.text], None


def _valued(head: str, value: str, aligned: int) -> str:
    return f"{head}{' ' * max(1, aligned - width(head))}{value}" if value else head


def _opened(head: str, piece: Piece) -> str:
    """The line above a block; a comment that stood behind a bracket moves up to it."""
    if piece.beside is None:
        return head
    return f"{head}{_GAP}{piece.beside.text}" if is_flow(piece.value) else _beside(head, piece.beside)


def _inside(piece: Piece, shape: Shape, indent: int) -> list[str]:
    parted = shape.parted and not isinstance(piece.value, Mapping)
    return [*_block(_ordered(piece, shape), shape, indent, parted=parted), *_comments(piece.below, indent)]


def _item(piece: Piece, shape: Shape, indent: int) -> list[str]:
    """`- value`; comments above its first key go above the dash."""
    above, dash = _comments(piece.above, indent), f"{' ' * indent}-"
    if isinstance(piece.value, Scalar):
        return [*above, *_scalar(dash, piece, piece.value, shape, indent)]
    if _fits(piece, shape, indent + _STEP):
        return [*above, _beside(f"{dash} {_flow(piece, shape)}", piece.beside)]
    _lower(piece)
    if piece.beside:
        above.append(f"{' ' * indent}{piece.beside.text}")
    inside = _inside(piece, shape, indent + _STEP)
    first_key = next(number for number, line in enumerate(inside) if line and not line.lstrip().startswith("#"))
    above += [f"{' ' * indent}{line.strip()}" for line in inside[:first_key] if line]
    return [*above, f"{dash}{inside[first_key][indent + 1 :]}", *inside[first_key + 1 :]]


def _beside(code: str, comment: Comment | None) -> str:
    """A line with the comment behind it, in the column in which the author put it if there is room."""
    if comment is None:
        return code
    return f"{code}{' ' * max(len(_GAP), comment.column - width(code))}{comment.text}"


# ---------------------------------------------------------------------------------------------------- brackets


def _fits(piece: Piece, shape: Shape, column: int) -> bool:
    """True for a value in brackets that can stand on one line."""
    if not is_flow(piece.value) or piece.has_comments_inside:
        return False
    return shape.wide or not piece.children or column + _measured(piece, shape) <= WIDEST


def _flow(piece: Piece, shape: Shape) -> str:
    inside = ", ".join(_flow_part(child, _shape(child, shape)) for child in _ordered(piece, shape))
    return f"{{{inside}}}" if isinstance(piece.value, Mapping) else f"[{inside}]"


def _flow_part(piece: Piece, shape: Shape) -> str:
    value = _flow_scalar(piece.value, shape.says) if isinstance(piece.value, Scalar) else _flow(piece, shape)
    return f"{_key(piece)}: {value}" if piece.key else value


def _flow_scalar(node: Scalar, says: Says) -> str:
    return spelled(node, says) or "null"


def _measured(piece: Piece, shape: Shape) -> int:
    """Columns of a value in brackets, without the sentences in it."""
    if isinstance(piece.value, Scalar):
        return 0 if shape.says is Says.SENTENCE else width(_flow_scalar(piece.value, shape.says))
    return sum(width(_key(child)) + 4 + _measured(child, _shape(child, shape)) for child in piece.children)
