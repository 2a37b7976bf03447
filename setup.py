"""The compiled modules of the engine; everything else about the package is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

MODULES = ["values", "machine", "fold"]

setup(
    ext_modules=cythonize(
        [Extension(f"engine.{name}", [f"engine/{name}.pyx"], extra_compile_args=["-O2", "-fno-math-errno"]) for name in MODULES],
        compiler_directives={"language_level": 3, "embedsignature": True, "warn.unreachable": True},
    ),
)
