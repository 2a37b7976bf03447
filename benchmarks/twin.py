"""The limit: the same rules written out by hand, as a person who knows them all would in C.

In: conditions of `benchmarks.workload`.  Out: a compiled function `matches(event) -> list[str]`.
Each condition becomes one C function over a typed row; equality tests compare small integers, the row's
texts being looked up once. `indexed=True` adds the index a person would build for the set: buckets of
(kind, region), else of the prefix of the plate, else of a stretch of `amount`.
Compiled modules are kept by content under build/twins/.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

from benchmarks.workload import FIELDS, Event, Tree

BUILD = Path(__file__).resolve().parent.parent / "build" / "twins"
CODED = ["kind", "region", "channel", "model", "unit_no"]  # texts that only ever meet `==` and `in`
STRETCH = 200.0  # width of a bucket of `amount`


def _c(tree: Tree, codes: dict[str, dict[str, int]]) -> str:
    kind = tree[0]
    if kind in ("and", "or"):
        return "(" + (" && " if kind == "and" else " || ").join(_c(part, codes) for part in tree[1]) + ")"
    if kind == "not":
        return f"!({_c(tree[1], codes)})"
    if kind == "flag":
        return f"e->{tree[1]}"
    if kind == "in":
        return "(" + " || ".join(f"e->{tree[1]} == {codes[tree[1]].setdefault(item, len(codes[tree[1]]) + 1)}" for item in tree[2]) + ")"
    if kind == "prefix":
        return f'(e->plate_n >= {len(tree[2])} && memcmp(e->plate, "{tree[2]}", {len(tree[2])}) == 0)'
    left, right = tree[2], tree[3]
    if right[0] == "value" and isinstance(right[1], str):
        table = codes[left[1]]
        return f"e->{left[1]} == {table.setdefault(right[1], len(table) + 1)}"

    def operand(x: Tree) -> str:
        if x[0] == "field":
            return f"e->{x[1]}"
        if x[0] == "value":
            return repr(x[1])
        # the row's integers are divided as numbers, like everywhere else
        return f"((double){operand(x[2])} {x[1]} {operand(x[3])})"

    return f"{operand(left)} {tree[1]} {operand(right)}"


def _conjuncts(tree: Tree) -> list[Tree]:
    return list(tree[1]) if tree[0] == "and" else [tree]


def _bucket(tree: Tree) -> tuple[str, str | tuple[float, float]] | None:
    """The bucket that a person would put this condition in."""
    parts = _conjuncts(tree)
    equal = {p[2][1]: p[3][1] for p in parts if p[0] == "cmp" and p[1] == "=="}
    if "kind" in equal and "region" in equal:
        return "kind_region", f"{equal['kind']}|{equal['region']}"
    for part in parts:
        if part[0] == "prefix" and len(part[2]) >= 2:
            return "prefix", part[2][:2]
    low = [p[3][1] for p in parts if p[0] == "cmp" and p[1] in (">", ">=") and p[2] == ("field", "amount")]
    high = [p[3][1] for p in parts if p[0] == "cmp" and p[1] in ("<", "<=") and p[2] == ("field", "amount")]
    if low and high:
        return "amount", (max(low), min(high))
    return None


def _source(trees: list[Tree], indexed: bool) -> tuple[str, str]:
    codes: dict[str, dict[str, int]] = {name: {} for name in CODED}
    functions = [f"static int r{i}(const Row *e) {{ return {_c(tree, codes)}; }}" for i, tree in enumerate(trees)]
    members = []
    for name, kind in FIELDS.items():
        if name in CODED:
            members.append(f"int {name};")
        elif kind == "number":
            members.append(f"double {name};")
        elif kind in ("integer", "boolean"):
            members.append(f"long {name};")
    lists: dict[str, list[int]] = {}
    rest: list[int] = []
    for i, tree in enumerate(trees):
        where = _bucket(tree) if indexed else None
        if where is None:
            rest.append(i)
        elif where[0] == "kind_region":
            kind, region = str(where[1]).split("|")
            lists.setdefault(f"kr_{codes['kind'][kind]}_{codes['region'][region]}", []).append(i)
        elif where[0] == "prefix":
            lists.setdefault(f"p_{where[1]}", []).append(i)
        else:
            assert isinstance(where[1], tuple)
            for step in range(int(where[1][0] / STRETCH), int(where[1][1] / STRETCH) + 1):
                lists.setdefault(f"a_{step}", []).append(i)
    c = [
        "#include <Python.h>\n#include <string.h>",
        "typedef struct { " + " ".join(members) + " const char *plate; Py_ssize_t plate_n; } Row;",
        *functions,
    ]
    c.append("typedef int (*Test)(const Row *);")
    c.append("static const Test tests[] = {" + ", ".join(f"r{i}" for i in range(len(trees))) + "};")
    c.append("static int run(const Row *e, const int *which, int n, int *out, int k)")
    c.append("{ for (int i = 0; i < n; i++) if (tests[which[i]](e)) out[k++] = which[i]; return k; }")
    for name, members_of in lists.items():
        c.append(f"static const int {name}[] = {{{', '.join(map(str, members_of))}}};")
    c.append(f"static const int rest[] = {{{', '.join(map(str, rest)) or '0'}}};")
    c.append("static int all_matches(const Row *e, int *out) { int k = 0;")
    if indexed:
        c.append("switch (e->kind * 1000 + e->region) {")
        for name, members_of in lists.items():
            if name.startswith("kr_"):
                _, kind, region = name.split("_")
                c.append(f"case {int(kind) * 1000 + int(region)}: k = run(e, {name}, {len(members_of)}, out, k); break;")
        c.append("}")
        c.append("if (e->plate_n >= 2) switch (e->plate[0] * 256 + e->plate[1]) {")
        for name, members_of in lists.items():
            if name.startswith("p_"):
                a, b = name[2:]
                c.append(f"case {ord(a) * 256 + ord(b)}: k = run(e, {name}, {len(members_of)}, out, k); break;")
        c.append("}")
        c.append(f"switch ((int)(e->amount / {STRETCH})) {{")
        for name, members_of in lists.items():
            if name.startswith("a_"):
                c.append(f"case {name[2:]}: k = run(e, {name}, {len(members_of)}, out, k); break;")
        c.append("}")
        c.append(f"k = run(e, rest, {len(rest)}, out, k);")
    else:
        c += [f"if (r{i}(e)) out[k++] = {i};" for i in range(len(trees))]
    c.append("return k; }")
    reads = []
    for name, kind in FIELDS.items():
        if name in CODED:
            reads.append(f"    row.{name} = <int>codes_{name}.get(e[{name!r}], 0)")
        elif name == "plate":
            reads.append("    row.plate = PyUnicode_AsUTF8AndSize(e['plate'], &row.plate_n)")
        elif kind != "text":
            reads.append(f"    row.{name} = e[{name!r}]")
    struct = "\n".join(f"        {m.rstrip(';')}" for m in [*members, "const char *plate;", "Py_ssize_t plate_n;"])
    pyx = f"""# cython: language_level=3
cdef extern from "rules.h":
    ctypedef struct Row:
{struct}
    int all_matches(const Row *e, int *out)
cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
{chr(10).join(f"cdef dict codes_{name} = {table!r}" for name, table in codes.items())}
cdef list names = ["r%d" % i for i in range({len(trees)})]
def matches(dict e):
    cdef Row row
    cdef int out[{max(len(trees), 1)}]
    cdef int k, i
{chr(10).join(reads)}
    k = all_matches(&row, out)
    answer = []
    for i in range(k):
        answer.append(names[out[i]])
    return answer
"""
    return "\n".join(c) + "\n", pyx


def compiled(trees: list[Tree], indexed: bool) -> Callable[[Event], list[str]]:
    header, pyx = _source(trees, indexed)
    name = "twin_" + hashlib.sha256((header + pyx).encode()).hexdigest()[:16]
    folder = BUILD / name
    binary = folder / f"{name}.so"
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rules.h").write_text(header)
        (folder / f"{name}.pyx").write_text(pyx)
        from Cython.Compiler.Main import CompilationOptions, compile_single

        compile_single(str(folder / f"{name}.pyx"), CompilationOptions(output_file=str(folder / f"{name}.c")), name)
        include = sysconfig.get_paths()["include"]
        level = "-O1" if len(trees) > 2000 else "-O2"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", level, f"-I{include}", f"-I{folder}", str(folder / f"{name}.c"), "-o", str(binary)], check=True
        )
    spec = importlib.util.spec_from_file_location(name, binary)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer: Callable[[Event], list[str]] = module.matches
    return answer
