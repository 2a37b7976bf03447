"""The rule language: text in, compiled program out.

    program = rulelang.compile("rules/")                 # bytes; raises RuleErrors
    program = rulelang.compile_text(text, name="x.rules")
    checked = rulelang.check("rules/")                   # every diagnostic, nothing raised

`engine` runs the program. What is named here is imported when it is first used: who only reads `rulelang.model` needs no parser.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulelang.api import (
        Checked,
        check,
        check_files,
        check_text,
        compile,
        compile_checked,
        compile_text,
        compile_with_cache,
        load,
        load_text,
    )
    from rulelang.diagnostics import Diagnostic, RuleErrors
    from rulelang.reading import LANGUAGE_VERSION

__all__ = [
    "LANGUAGE_VERSION",
    "Checked",
    "Diagnostic",
    "RuleErrors",
    "check",
    "check_files",
    "check_text",
    "compile",
    "compile_checked",
    "compile_text",
    "compile_with_cache",
    "load",
    "load_text",
]

_ELSEWHERE = {
    "Diagnostic": "rulelang.diagnostics",
    "RuleErrors": "rulelang.diagnostics",
    "LANGUAGE_VERSION": "rulelang.reading",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, "rulelang.api")), name)
