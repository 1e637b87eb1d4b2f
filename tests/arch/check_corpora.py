#!/usr/bin/python3
"""Every fuzz target is built and has seeds, so that its corpus runs as an ordinary test.

For each tests/fuzz/fuzz_NAME.c: a line bk_fuzz(NAME …) in some CMakeLists.txt under tests, and a file
with bytes in it in tests/fuzz/corpus/NAME. And no corpus without its target.

    check_corpora.py [ROOT]      prints what is missing, exit status 1 if anything is
"""
import pathlib
import re
import sys


def check(root):
    fuzz = root / "tests" / "fuzz"
    registered = set()
    for cmake in sorted((root / "tests").rglob("CMakeLists.txt")):
        text = re.sub(r"#[^\n]*", "", cmake.read_text(encoding="utf-8"))
        registered.update(re.findall(r"\bbk_fuzz\(\s*(\w+)", text))
    targets = {source.stem.removeprefix("fuzz_") for source in fuzz.glob("fuzz_*.c")}
    corpora = {d.name for d in (fuzz / "corpus").glob("*") if d.is_dir()}

    found = []
    for name in sorted(targets):
        seeds = [f for f in (fuzz / "corpus" / name).glob("*") if f.is_file() and f.name[0] != "."]
        if not any(seed.stat().st_size > 0 for seed in seeds):
            found.append(f"tests/fuzz/fuzz_{name}.c: tests/fuzz/corpus/{name} holds no seed")
        if name not in registered:
            found.append(f"tests/fuzz/fuzz_{name}.c: no bk_fuzz({name} …) under tests")
    for name in sorted(corpora - targets):
        found.append(f"tests/fuzz/corpus/{name}: no tests/fuzz/fuzz_{name}.c")
    for name in sorted(registered - targets):
        found.append(f"bk_fuzz({name} …): no tests/fuzz/fuzz_{name}.c")
    if not targets:
        found.append("tests/fuzz: no fuzz target at all")
    return found


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]
    found = check(root.resolve())
    print("\n".join(found) if found else "every fuzz target has its corpus")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
