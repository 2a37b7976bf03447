"""Results of tests as JUnit XML, which build servers read.

In: results.  Out: the document as text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape, quoteattr

from services.testing.runner import Failure, Result


def render_junit(results: Sequence[Result], where: Callable[[Failure], str]) -> str:
    """`where` names the place of a failure: `points.rules:12:5`."""
    cases = []
    for result in results:
        name, file = quoteattr(_allowed(result.test.name)), quoteattr(_allowed(result.test.span.file))
        failures = "".join(
            f"<failure message={quoteattr(_allowed(f.message.splitlines()[0]))}>{escape(_allowed(f'{where(f)}: {f.message}'))}</failure>"
            for f in result.failures
        )
        cases.append(f'    <testcase classname={file} name={name} time="{result.seconds:.3f}">{failures}</testcase>\n')
    failed = sum(bool(result.failures) for result in results)
    seconds = sum(result.seconds for result in results)
    head = f'<testsuite name="rulelang test" tests="{len(results)}" failures="{failed}" errors="0" time="{seconds:.3f}">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  {head}{"".join(cases)}  </testsuite>\n</testsuites>\n'


def _allowed(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold at all."""
    return "".join(c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD or ord(c) >= 0x10000)
