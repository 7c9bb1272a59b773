"""Texts that hosts, customers and attackers write, and that must stay texts."""

from __future__ import annotations

from typing import Final

HOSTILE: Final = [
    "</td></tr></table><script>alert(1)</script><b>&lt;b&gt;&#124;",
    '#eval("1") #import "@preview/x:1.0.0" $x^2$ *b* _i_ `r` <l> @ref // c /* d \\ = Heading - item',
    "{{ 7 * 7 }} {% include 'x' %} ${x} %s {0}",
    '=HYPERLINK("http://evil.example";"click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u202egpj.exe\u2066 שלום عربي \u200b\x07 中文 🙂 \ufeff\u2028",
    "| a | b |\n| --- | --- |\n\n# Heading\n\n[x](javascript:alert(1)) www.evil.example",
    ']]> <!-- " onload="alert(1)" \' & é e\u0301',
    "a" * 300,
]
