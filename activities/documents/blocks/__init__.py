"""Blocks: the parts of documents, one in each file, with its texts in English and Swedish.

A document names its blocks in order. A block names the facts that it needs, and has its own text for the case without
them.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from activities.documents.elements import Element, Said, Section
from activities.documents.translation import Translation, Words
from models.base import Model
from models.dossier.parties import Language
from models.extensions import Extension, ExtensionGroup, Kinds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document, with a heading of its own."""

    name: str
    title: tuple[str, str]
    """In English and Swedish; `say("title")` in its elements."""
    needs: frozenset[str]
    """Names of the facts that the block reads. A document without one of them cannot show it."""
    elements: Callable[[Any, Translation], Sequence[Element]]
    """Returns the block's elements. None: the document leaves the block out. A block whose absence looks like a mistake
    says that there is nothing."""
    words: Words = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    """Documents that show a package's block without naming it: `post-incident-report`."""


def _own() -> Mapping[str, Block]:
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.BLOCK.name: module.BLOCK for module in modules}


def _check(extension: Extension, loaded: Any) -> Block:
    if not isinstance(loaded, Block):
        raise ValueError(f"{extension.value} is not a block; name an instance of activities.documents.blocks.Block")
    if loaded.name != extension.name:
        raise ValueError(f"its name is {loaded.name!r}; give the entry point the same name")
    return loaded


BLOCKS: Kinds[Block] = Kinds(ExtensionGroup.BLOCKS, _own, _check)
"""Every block, by its name."""


def sections(names: Iterable[str], facts: Model, language: Language, zone: str) -> list[Section]:
    """Return the sections of a document for these blocks, in this order. Blocks without content are left out."""
    found = BLOCKS.all()
    made = [_section(found[name], facts, language, zone) for name in names]
    return [section for section in made if section.elements]


def added_blocks(document: str) -> list[str]:
    """Return the names of packages' blocks that this document shows without naming them."""
    return [name for name, block in BLOCKS.all().items() if document in block.documents]


def _section(block: Block, facts: Model, language: Language, zone: str) -> Section:
    say = Translation(language, zone, {**block.words, "title": block.title})
    missing = sorted(block.needs - set(type(facts).model_fields))
    if missing:
        return Section(say("title"), [Said(say("facts_missing", ", ".join(missing)))])
    try:
        return Section(say("title"), block.elements(facts, say))
    except Exception:
        if not block.documents:  # a defect of ours must show
            raise
        # A package's block must not prevent an incident from closing, nor hide the rest of the document.
        _log.exception("the block %s of a package could not be laid out", block.name)
        return Section(say("title"), [Said(say("block_failed", block.name))])
