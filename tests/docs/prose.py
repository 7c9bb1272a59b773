"""The prose linter, `python -m tests.docs.prose`, is a part of `make lint`. It reads pages, docstrings, comments, messages and
names.

Our rules and all exceptions are in `style.toml`; proselint adds its checks for clichés and redundancy. Without arguments the
linter prints every fault, and fails if there is one; paths limit it to these files.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proselint.checks import __register__
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from tests.docs import comments
from tests.docs.names import banned, names, names_in_code, old_words, sources
from tests.docs.pages import PAGES, ROOT

HERE = Path(__file__).parent
LONGEST = 40
"""Words in one sentence. Readers lose the subject in a longer one."""

PROSELINT = [
    *(
        "cliches",
        "hedging",
        "malapropisms",
        "mixed_metaphors",
        "needless_variants",
        "nonwords",
        "oxymorons",
    ),
    *("redundancy", "uncomparables"),
]
"""Proselint's checks that fit technical prose. The others are for novels, or find "for ever" in "for every"."""

_MESSAGE = 4
"""A string with fewer words than this is a name, a unit or a label, and no sentence."""

_SCRIPT = re.compile(r"\|\| exit|\\gexec|substr\(|\$\(stat ")
"""Parts of shell, SQL and awk scripts in strings, which are no sentences."""

_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`*\"'(])|\n\s*\n")


@dataclass(frozen=True)
class Sentence:
    """A sentence with the place where it begins."""

    path: str
    line: int
    text: str
    heading: bool = False


@dataclass(frozen=True)
class Rule:
    """A pattern that no sentence may have, with what to write instead."""

    name: str
    pattern: re.Pattern[str]
    instead: str
    headings: bool = True


@dataclass(frozen=True)
class Fault:
    """A sentence that breaks a rule."""

    sentence: Sentence
    rule: str
    found: str
    instead: str

    def __str__(self) -> str:
        at = f"{self.sentence.path}:{self.sentence.line}"
        return f"{at}: {self.rule}: {self.found!r}: {self.instead}\n    {self.sentence.text}"


@cache
def style() -> dict[str, list[dict[str, str]]]:
    """The content of `style.toml`."""
    return tomllib.loads((HERE / "style.toml").read_text())


@cache
def rules() -> list[Rule]:
    """All rules of `style.toml`."""
    return [
        Rule(r["name"], re.compile(r["pattern"], _flags(r)), r["instead"], bool(r.get("headings", True)))
        for r in style()["rule"]
    ]


def _flags(rule: dict[str, str]) -> re.RegexFlag:
    return re.NOFLAG if rule.get("case") else re.IGNORECASE


def faults(sentence: Sentence) -> Iterator[Fault]:
    """Every rule that a sentence breaks, each once."""
    if any(e["path"] in (sentence.path, "*") and e["text"] in sentence.text for e in style().get("exception", [])):
        return
    for rule in rules():
        if (found := rule.pattern.search(sentence.text)) and (rule.headings or not sentence.heading):
            yield Fault(sentence, rule.name, found[0].strip(), rule.instead)
    if (words := len(re.findall(r"[\w'-]+", sentence.text))) > LONGEST:
        yield Fault(sentence, "long", f"{words} words", f"two sentences; {LONGEST} words are the limit")


def markdown(path: Path) -> Iterator[Sentence]:
    """The sentences of a page, with the texts of its pictures and the comments in its code, but no code and no addresses.

    Each cell of a table is read on its own.
    """
    fenced = False
    code: list[tuple[int, str]] = []
    paragraph: list[str] = []
    begin = 0
    listed = False
    name = str(path.relative_to(ROOT))
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        bare = line.strip()
        if bare.startswith("```"):
            fenced = not fenced
            bare = ""
        elif fenced or (line.startswith("    ") and not paragraph and not listed):
            code.append((number, line))
            continue
        starts = re.match(r"([-*] |\d+\. |\||#)", bare)
        listed = (listed or bool(starts and bare[0] not in "|#")) and not bare.startswith("#")
        if paragraph and (not bare or starts):
            yield from _split(name, begin, _plain(" ".join(paragraph)))
            paragraph = []
        if bare.startswith("#"):
            yield Sentence(name, number, _plain(bare.lstrip("# ")), heading=True)
        elif bare.startswith("|"):
            for cell in re.split(r"(?<!\\)\|", bare.strip("|")):
                yield from _split(name, number, _plain(cell.strip()))
        elif bare:
            begin = begin if paragraph else number
            paragraph.append(bare)
    for number, text in comments.of_lines(code):
        yield from _split(name, number, _plain(text))


def _plain(text: str) -> str:
    """Markdown without its marks: code becomes `X`, a link its text."""
    text = re.sub(r"`+[^`]+`+", "`X`", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"^[-*] |\*\*|(?<!\w)[*_]|[*_](?!\w)|^\d+\. ", "", text)


def _split(path: str, line: int, text: str) -> Iterator[Sentence]:
    for part in _END.split(text):
        if re.search(r"[A-Za-z]", part):
            yield Sentence(path, line, " ".join(part.split()))


def python(path: Path) -> Iterator[Sentence]:
    """The docstrings and comments of a module, and every string in it that has the length of a sentence."""
    name = str(path.relative_to(ROOT))
    source = path.read_text()
    for number, text in comments.of_python(source):
        yield from _split(name, number, _plain(text))
    inside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node)}
            text = "".join(
                p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "X" for p in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        text = _plain(text)
        if _SCRIPT.search(text) or text.startswith(("SELECT", "CREATE")):
            continue
        if len(re.findall(r"(?<![\w.])[a-z]+(?![\w.])", text)) >= _MESSAGE:
            yield from _split(name, node.lineno, text)


def other_code(path: Path) -> Iterator[Sentence]:
    """The comments of an example in YAML, or of a script."""
    for number, text in comments.of_lines(enumerate(path.read_text().splitlines(), 1)):
        yield from _split(str(path.relative_to(ROOT)), number, _plain(text))


def template(path: Path) -> Iterator[Sentence]:
    """The sentences of a notice's template in English."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "X", line))
        yield from _split(str(path.relative_to(ROOT)), number, text)


def by_proselint(sentences: list[Sentence]) -> Iterator[Fault]:
    """The faults that proselint finds; it reads all sentences at once, one a line."""
    CheckRegistry().register_many(__register__)
    text = "\n".join(s.text for s in sentences)
    for fault in LintFile("sentences", text).lint({"max_errors": len(text), "checks": dict.fromkeys(PROSELINT, True)}):
        result = fault.check_result
        yield Fault(sentences[text.count("\n", 0, result.span[0] - 1)], "proselint", result.check_path, result.message)


def everything() -> list[Fault]:
    """Every fault of every page, docstring, message and name."""
    others = [(ROOT / "docs", "*.yml"), (ROOT / "examples", "*.yaml"), (ROOT / "activities", "*.sh")]
    sentences = [
        *(s for page in PAGES for s in markdown(page)),
        *(s for folder, named in others for path in sorted(folder.rglob(named)) for s in other_code(path)),
        *(s for path in sorted((ROOT / "activities").rglob("*.en.jinja")) for s in template(path)),
        *(s for path in sources() for s in python(path)),
    ]
    return [
        *(fault for sentence in sentences for fault in faults(sentence)),
        *by_proselint(sentences),
        *(
            Fault(Sentence(place, 1, f"{kind} {name}"), "name", word, old_words()[word])
            for kind, place, name in names()
            for word in banned(name)
        ),
        *(
            Fault(Sentence(place, 1, f"name {name}"), "name", word, old_words()[word])
            for place, name in names_in_code()
            for word in banned(name, in_code=True)
        ),
    ]


def main(arguments: list[str]) -> int:
    """Print every fault, or those of the files that are named."""
    found = [fault for fault in everything() if not arguments or fault.sentence.path in arguments]
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
