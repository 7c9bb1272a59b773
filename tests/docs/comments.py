"""The comments of code, for the prose linter: of modules, scripts and YAML files, and of the blocks of a page.

A paragraph of comments is one text, because a sentence may go over several lines.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator

Comment = tuple[int, str, bool]
"""Its line, its text, and whether it has the line for itself."""

_COMMENT = re.compile(r"(?:^|\s)#+ (.*)$")
"""A comment of sh, YAML or TOML. `#` in a word, as in `page.md#anchor`, begins none."""

_DESCRIBED = re.compile(r"^(?:driftvakt|make) .*?\S {2,}(\S.*)$")
"""A command with its description, two or more spaces apart."""

_FOR_TOOLS = re.compile(r"noqa|type:|fmt:|pragma|!|shellcheck")
"""The beginning of a comment that is for tools."""


def of_python(source: str) -> Iterator[tuple[int, str]]:
    """The comments of a module, each with its line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [
        (token.start[0], token.string.lstrip("#").strip(), token.line.lstrip().startswith("#"))
        for token in tokens
        if token.type == tokenize.COMMENT
    ]
    return _paragraphs(comment for comment in found if not _FOR_TOOLS.match(comment[1]))


def of_lines(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The comments of sh, YAML, TOML or a listing of commands with their descriptions; `lines` are numbered."""
    found: list[Comment] = []
    for number, line in lines:
        bare = line.strip()
        if match := _DESCRIBED.match(bare) or _COMMENT.search(bare):
            found.append((number, match[1], bare.startswith("#")))
    return _paragraphs(found)


def _paragraphs(comments: Iterable[Comment]) -> Iterator[tuple[int, str]]:
    """Join the comments that fill lines of their own, one after the other; the entries of a list, and headings, stay apart."""
    begin, last, texts = 0, 0, list[str]()
    for number, text, alone in comments:
        if texts and (not alone or number != last + 1 or text.startswith(("- ", "--- "))):
            yield begin, " ".join(texts)
            texts = []
        begin = begin if texts else number
        texts.append(text.removeprefix("--- "))
        last = number if alone else 0
    if texts:
        yield begin, " ".join(texts)
