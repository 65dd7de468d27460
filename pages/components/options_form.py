"""One form for the options of every part: each pydantic field is default, bound, help text and widget at once."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_KEEP = {"persist_state": "session"}


def options_form(
    model: type[BaseModel], key: str, value: Mapping[str, Any], fields: Iterable[str] | None = None, columns: int = 2
) -> dict[str, Any]:
    """Draw a widget for each field of ``model`` (or of ``fields``), beginning with ``value``, else with the defaults.

    Returns what differs from the defaults, as JSON values. It is not validated: bounds that a widget cannot hold are the model's to refuse.
    ``key`` is unique on the page; change it to begin again with another ``value``.
    """
    wanted = _wanted(model, fields)
    if not wanted:
        return {}
    resets, start = _round(key, value)
    cells, raw = [], {}
    for index, (name, field) in enumerate(wanted.items()):
        if index % columns == 0:  # row by row, so that on a phone, which has one column, fields keep their order
            cells = st.columns(columns, vertical_alignment="bottom")
        with cells[index % columns]:
            raw[name] = _widget(name, field, start.get(name, _default(field)), f"{key}.{resets}.{name}")
    changed = _changed(wanted, raw)
    if changed:
        st.button("Defaults", icon=":material/restart_alt:", key=f"{key}.reset", type="tertiary", on_click=_reset, args=(f"{key}.round",))
    return changed


def options_now(model: type[BaseModel], key: str, value: Mapping[str, Any], fields: Iterable[str] | None = None) -> dict[str, Any]:
    """What :func:`options_form` with the same arguments is about to return, before it is drawn; also where it will not be."""
    resets, start = _round(key, value)
    wanted = _wanted(model, fields)
    shown = {name: start.get(name, _default(field)) for name, field in wanted.items()}
    return _changed(wanted, {name: st.session_state.get(f"{key}.{resets}.{name}", shown[name]) for name in wanted})


def _wanted(model: type[BaseModel], fields: Iterable[str] | None) -> dict[str, FieldInfo]:
    return {name: model.model_fields[name] for name in (fields or model.model_fields)}


def _round(key: str, value: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """How often the form was put back to its defaults, and what it begins with since then."""
    resets = st.session_state.get(f"{key}.round", 0)
    return resets, value if not resets else {}


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _changed(wanted: Mapping[str, FieldInfo], raw: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the defaults, of the widgets' values."""
    made = {name: _plain(_read(field, raw[name])) for name, field in wanted.items()}
    return {name: value for name, value in made.items() if value != _plain(_default(wanted[name]))}


def title_of(name: str, field: FieldInfo) -> str:
    """What a form calls a field."""
    return field.title or name.replace("_", " ").capitalize()


def _reset(round_key: str) -> None:
    st.session_state[round_key] = st.session_state.get(round_key, 0) + 1


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _widget(name: str, field: FieldInfo, value: Any, key: str) -> Any:
    """Draw it; its value as the session keeps it, which :func:`_read` understands."""
    kind, optional = _without_none(field.annotation)
    label, more = title_of(name, field), {"key": key, "help": field.description, **_KEEP}
    origin = typing.get_origin(kind)
    if kind is bool:
        return st.toggle(label, value, **more)
    if origin is Literal:
        return _choice(label, list(typing.get_args(kind)), value, more)
    if origin is tuple:
        return _several(label, typing.get_args(kind)[0], value, more)
    if kind in (int, float):
        if field.examples:
            return _number_or_example(label, field.examples, value, more)
        return _number(label, kind, field, value, optional, more)
    if alternatives := _alternatives(field):
        return _choice(label, alternatives, value, more)
    return st.text_input(label, "" if value is None else str(value), **more)


def _read(field: FieldInfo, raw: Any) -> Any:
    """What a widget's value means for its field: lists and numbers may be typed as text."""
    if not isinstance(raw, str):
        return raw
    kind, _ = _without_none(field.annotation)
    if typing.get_origin(kind) is tuple:
        return [word.strip() for word in raw.split(",") if word.strip()]
    if kind in (int, float):
        try:
            return kind(raw)
        except ValueError:
            return raw  # the model says what is wrong with it
    return raw.strip()


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without ``Annotated`` and ``| None``, and whether None was allowed."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return rest[0], True
    return annotation, False


def _choice(label: str, alternatives: list, value: Any, more: dict) -> Any:
    index = alternatives.index(value) if value in alternatives else 0
    return st.selectbox(label, alternatives, index=index, format_func=_words, **more)


def _several(label: str, kind: Any, value: Any, more: dict) -> list | str:
    alternatives, _ = _without_none(kind)
    if typing.get_origin(alternatives) is Literal:
        names = list(typing.get_args(alternatives))
        return st.multiselect(label, names, [name for name in value if name in names], placeholder="All", **more)
    if alternatives is str:  # one by one, since a name may hold any sign that a line of text could be parted by
        return st.multiselect(label, list(value), list(value), accept_new_options=True, placeholder="All", **more)
    return st.text_input(label, ", ".join(map(str, value)), **more)


def _number_or_example(label: str, examples: list, value: Any, more: dict) -> str:
    offered = sorted({*examples, value})
    return st.selectbox(label, [f"{number:g}" for number in offered], index=offered.index(value), accept_new_options=True, **more)


def _number(label: str, kind: type, field: FieldInfo, value: Any, optional: bool, more: dict) -> Any:
    low, high = _bounds(field)
    if optional:
        more["placeholder"] = "no limit"
    if kind is int:
        return st.number_input(label, low if low is None else int(low), high if high is None else int(high), value, step=1, **more)
    size = abs(value or 0.0)
    step = 1.0 if size >= 5 else 0.1 if size >= 0.5 else 0.01 if size >= 0.05 or not size else 10.0 ** _exponent(size)
    return st.number_input(label, low, high, None if value is None else float(value), step=step, format=_format(step), **more)


def _exponent(size: float) -> int:
    """Of the first digit: 2e-4 is stepped by 1e-4."""
    return int(f"{size:e}".split("e")[1])


def _format(step: float) -> str:
    return "%g" if step >= 0.01 else "%.3g"


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    low = high = None
    for rule in field.metadata:
        low = next((float(bound) for name in ("ge", "gt") if (bound := getattr(rule, name, None)) is not None), low)
        high = next((float(bound) for name in ("le", "lt") if (bound := getattr(rule, name, None)) is not None), high)
    return low, high


def _alternatives(field: FieldInfo) -> list[str]:
    """Of a pattern such as ``^(auto|cpu|cuda)$``, which is how a config without enumerations names what it takes."""
    for rule in field.metadata:
        pattern = getattr(rule, "pattern", None)
        if pattern and pattern.startswith("^(") and pattern.endswith(")$"):
            return pattern[2:-2].split("|")
    return []


def _words(value: Any) -> str:
    return str(value).replace("_", " ")
