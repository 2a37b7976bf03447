"""The compiled modules of the engine; everything else about the package is in pyproject.toml."""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

MODULES = ["values", "texts", "machine", "fold"]

# An editable install would compile all of them once more, elsewhere; tools/setup has compiled them in place by then.
BUILT = os.environ.get("ENGINE_BUILT_IN_PLACE") == "1"

setup(
    ext_modules=[]
    if BUILT
    else cythonize(
        [Extension(f"engine.{name}", [f"engine/{name}.pyx"], extra_compile_args=["-O2", "-fno-math-errno"]) for name in MODULES],
        compiler_directives={"language_level": 3, "embedsignature": True, "warn.unreachable": True},
    ),
)
