#!/usr/bin/python3
"""The programs as they were linked: what makes a mistake of ours harder to use is in each of them.

- position independent (PIE), so that addresses are drawn at each start
- GNU_RELRO and BIND_NOW: pointers to functions of libraries are fixed and read-only before main
- no stack, and no other memory, that is both written and run; no text relocations
- stack protector; where the compiler optimises, calls of libc that know their buffer's size
- no RPATH or RUNPATH: no library comes from where somebody may put one
- on x86-64, targets of indirect jumps are marked (-fcf-protection)

    check_binaries.py [--optimised] DIRECTORY     prints "program: what is wrong; what to do", exit 1 if any
"""
import pathlib
import re
import subprocess
import sys

PROGRAMS = ("beckon-config", "beckon-api", "beckon-notifier", "beckon")
FLAGS = "libcommon/cmake/BkTargets.cmake, BK_HARDEN"
ENDBR64 = b"\xf3\x0f\x1e\xfa"


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], capture_output=True, text=True, check=True).stdout


def segments(path):
    """{type: [flags]} of the program headers."""
    found = {}
    for line in readelf("-l", path).splitlines():
        row = re.match(r"\s+(\w+)\s+0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ ([R ][W ][E ]) ", line)
        if row:
            found.setdefault(row[1], []).append(row[2])
    return found


def faults(path, is_optimised=False):
    """What is wrong with one program."""
    header, dynamic, imports = readelf("-h", path), readelf("-d", path), readelf("--dyn-syms", path)
    loaded = segments(path)
    flags = " ".join(re.findall(r"\(FLAGS(?:_1)?\)\s+(.*)", dynamic))
    if not re.search(r"Type:\s+DYN", header) or "PIE" not in flags:
        yield "not position independent; -pie"
    if "GNU_RELRO" not in loaded:
        yield "no GNU_RELRO; -Wl,-z,relro"
    if "NOW" not in flags:
        yield "functions are bound late; -Wl,-z,now"
    if "GNU_STACK" not in loaded or any("E" in one for one in loaded["GNU_STACK"]):
        yield "the stack can be run; -Wl,-z,noexecstack"
    if any("W" in one and "E" in one for one in loaded.get("LOAD", [])):
        yield "memory that is both written and run"
    if "TEXTREL" in dynamic:
        yield "text relocations; -fPIE"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "libraries are looked for where somebody may put one: RPATH; CMAKE_SKIP_RPATH"
    if "__stack_chk_fail" not in imports:
        yield "no stack protector; -fstack-protector-strong"
    if is_optimised and not re.search(r"\b__(memcpy|snprintf|vsnprintf|read|memset)_chk\b", imports):
        yield "no call of libc knows its buffer's size; -D_FORTIFY_SOURCE"
    if "X86-64" in header and pathlib.Path(path).read_bytes().count(ENDBR64) < 20:
        yield "targets of indirect jumps are not marked; -fcf-protection"


def check(directory, is_optimised=False, programs=PROGRAMS):
    found = []
    for name in programs:
        path = pathlib.Path(directory) / name
        if not path.exists():
            found.append(f"{path}: is not built")
            continue
        found += [f"{path}: {fault} ({FLAGS})" for fault in faults(path, is_optimised)]
    return found


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--optimised"]
    findings = check(words[0], "--optimised" in sys.argv)
    print("\n".join(findings) or f"{', '.join(PROGRAMS)}: hardened")
    sys.exit(bool(findings))
