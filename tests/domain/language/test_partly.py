"""What a condition says of records of which only some choices are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.language.partly import holds
from stalewatch.domain.language.predicates import All, AnyOf, Compare, Condition, FieldType, Literal, Not, OneOf, Ref

FIELDS = ("pipeline", "stage", "segment")
VALUES = ("a", "b", "c")
REF = st.sampled_from(FIELDS).map(lambda name: Ref(name, FieldType.CHOICE))
VALUE = st.sampled_from(VALUES).map(lambda value: Literal(value, FieldType.CHOICE))
LEAF = st.one_of(
    st.builds(Compare, st.sampled_from(("==", "!=")), REF, VALUE),
    st.builds(OneOf, REF, st.lists(VALUE, min_size=1, max_size=2).map(tuple), st.booleans()),
)
CONDITIONS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)  # fmt: skip
RECORDS = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in FIELDS})


def plainly(condition: Condition, record: dict[str, str]) -> bool:
    """The same of a record of which everything is known, by Python's own words."""
    match condition:
        case All(parts):
            return all(plainly(part, record) for part in parts)
        case AnyOf(parts):
            return any(plainly(part, record) for part in parts)
        case Not(part):
            return not plainly(part, record)
        case OneOf(ref, values, negated):
            return (record[ref.name] in [one.value for one in values]) != negated
        case Compare(op, Ref(name), Literal(value)):
            return (record[name] == value) == (op == "==")
    raise AssertionError(condition)


@given(CONDITIONS, RECORDS, st.sets(st.sampled_from(FIELDS)))
def test_what_is_told_of_a_part_is_true_of_every_record_with_it(
    condition: Condition, record: dict[str, str], known: set[str]
) -> None:
    told = holds(condition, {name: record[name] for name in known})
    assert told is None or told is plainly(condition, record)
    assert holds(condition, record) is plainly(condition, record)


def test_without_a_condition_everything_holds() -> None:
    assert holds(None, {}) is True
    assert holds(Compare(">=", Ref("amount", FieldType.MONEY), Literal(5.0, FieldType.MONEY)), {"stage": "a"}) is None
