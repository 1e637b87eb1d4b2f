#!/usr/bin/python3
"""The rules of the source tree that no compiler knows, as a test (docs/hacking.md).

- Includes point down only: each module of libcommon names those below it (LAYERS).
- A service includes libcommon and itself, never another service.
- Each foreign library has one home (HOMES), so that it can be replaced or watched in one place.
- Every file of libcommon and the services opens with a comment of what it is for.
- Calls that have a better twin are not made (BANNED), but in tests.
- The simulated phone has nothing from libcommon, or it would confirm our own mistakes.

    check_includes.py [ROOT]     prints "file:line: what is wrong; what to do", exit status 1 if any
"""
import pathlib
import re
import sys

# Who may include whom, besides itself. A new module gets its line here.
LAYERS = {
    "base": (),
    "conf": ("base",),
    "model": ("base",),
    "io": ("base",),
    "store": ("io", "model", "base"),
    "vendor": ("model", "base"),  # no io: renders are testable as text
    "catalog": ("vendor", "base"),  # models that an operator adds as files
    "layer": ("vendor", "model", "base"),  # what an admin may write into a settings layer
    "guard": ("store", "vendor", "io", "model", "base"),  # may a write be committed
    "web": ("io", "conf", "model", "base"),
    "pbx": ("io", "model", "base"),
    "redirect": ("io", "model", "base"),
}

# Library: what its headers look like, and the files that may include them (beginnings of paths).
HOMES = {
    "h2o": (r"h2o(\.h|/)", ("libcommon/io/loop_h2o.", "libcommon/web/")),
    "libpq": (r"(postgresql/)?(libpq|pg_config|postgres_ext)", ("libcommon/io/pg",)),
    "OpenSSL": (r"openssl/", ("libcommon/io/tls", "libcommon/base/secret.", "libcommon/base/seal.",
                              "libcommon/base/digest.", "libcommon/base/password.",
                              "libcommon/web/auth_jwt.",
                              "libcommon/web/auth_cert.", "libcommon/web/connection.",
                              "libcommon/web/master.", "libcommon/web/worker.",
                              "libcommon/pbx/sip/")),
    "jansson": (r"jansson", ("libcommon/model/", "libcommon/layer/", "libcommon/web/", "services/cli/", "services/api/")),
    "expat": (r"expat", ("libcommon/vendor/format/xml.",)),
    "hiredis": (r"hiredis", ("libcommon/io/redis",)),
    "libre": (r"re(/re)?\.h|re/", ("libcommon/io/loop_re.", "libcommon/io/admin_re.", "libcommon/pbx/sip/")),
    "libseccomp": (r"seccomp\.h", ("libcommon/io/seccomp.",)),
    "libjwt": (r"jwt\.h", ("libcommon/web/auth_jwt.",)),
}

# Call: (files that may make it, what to do instead).
BANNED = {
    "PQexec": (("libcommon/io/pg_sync.c",), "use bk_pg (parameters, no blocking)"),
    "PQfn": ((), "libpq's manual calls it unsafe; use a function call in SQL"),
    "strcpy": ((), "use bk_buf or snprintf"),
    "strcat": ((), "use bk_buf or snprintf"),
    "sprintf": ((), "use bk_buf or snprintf"),
    "vsprintf": ((), "use bk_buf or vsnprintf"),
    "gets": ((), "use fgets or getline"),
    "strtok": ((), "use bk_str_cut"),
}
BANNED_CALL = re.compile(r"\b(" + "|".join(BANNED) + r")\b")

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(\S[^\n]*))', re.MULTILINE)
PHONE = "tests/harness/phonesim"


def blank(text, strings_too):
    """Comments (and strings) replaced by blanks, lines kept."""
    def replace(match):
        token = match.group()
        if token[0] in "\"'" and not strings_too:
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(replace, text)


class Checker:
    def __init__(self, root):
        self.root = root
        self.found = []
        services = root / "services"
        self.services = {d.name for d in services.iterdir() if d.is_dir()} if services.is_dir() else set()

    def report(self, path, line, what):
        self.found.append(f"{path}:{line}: {what}")

    def check(self):
        for top in ("libcommon", "services", "tests"):
            for file in sorted((self.root / top).rglob("*.[ch]")):
                self.check_file(file)
        self.check_phone_links()
        return self.found

    def check_file(self, file):
        path = file.relative_to(self.root).as_posix()
        text = file.read_text(encoding="utf-8")
        if not path.startswith("tests/"):
            self.check_opening(path, text)
        for match in INCLUDE.finditer(blank(text, strings_too=False)):
            line = text.count("\n", 0, match.start()) + 1
            self.check_include(path, line, match.group(1) or match.group(2), match.group(1) is not None)
        if path.startswith("tests/"):
            return
        for match in BANNED_CALL.finditer(blank(text, strings_too=True)):
            allowed, instead = BANNED[match.group(1)]
            if path not in allowed:
                line = text.count("\n", 0, match.start()) + 1
                self.report(path, line, f"{match.group(1)} is not used here; {instead}")

    def check_phone_links(self):
        for cmake in sorted((self.root / PHONE).rglob("CMakeLists.txt")):
            for number, text in enumerate(cmake.read_text(encoding="utf-8").splitlines(), 1):
                if "bk::" in text.split("#")[0]:
                    path = cmake.relative_to(self.root).as_posix()
                    self.report(path, number, "the simulated phone links nothing of libcommon")

    def check_opening(self, path, text):
        match = re.match(r"/\*(.*?)\*/", text, re.DOTALL)
        words = re.findall(r"[^\W\d_]{2,}", match.group(1)) if match else []
        if len(words) < 3:
            self.report(path, 1, "no opening comment; say what the file is for")

    def check_include(self, path, line, header, is_quoted):
        if header is None:
            self.report(path, line, "computed include; name the file")
            return
        if ".." in header.split("/"):
            self.report(path, line, f'"{header}" climbs; name it from the libcommon root')
            return
        module = header.split("/")[0] if "/" in header else None
        is_ours = module in LAYERS and (is_quoted or (self.root / "libcommon" / header).exists())
        top, owner = path.split("/")[:2]
        if path.startswith(PHONE) and is_ours:
            self.report(path, line, f'"{header}": the simulated phone includes nothing of libcommon')
        if top == "tests":
            return
        if top == "libcommon":
            self.check_layer(path, line, owner, header, module, is_quoted, is_ours)
        else:
            self.check_service(path, line, owner, header, module)
        if not is_ours:
            self.check_home(path, line, header)

    def check_layer(self, path, line, owner, header, module, is_quoted, is_ours):
        if owner not in LAYERS:
            self.report(path, line, f"module {owner} has no line in LAYERS; say what it may include")
        elif is_ours:
            if module != owner and module not in LAYERS[owner]:
                below = ", ".join(LAYERS[owner]) or "nothing else"
                self.report(path, line, f'"{header}": {owner} may include {below}, not {module}')
        elif is_quoted:
            self.report(path, line, f'"{header}" is no module\'s header; name it from the libcommon root')

    def check_service(self, path, line, owner, header, module):
        others = self.services - {owner}
        is_elsewhere = module in others or (
            module == "services" and header.split("/")[1] in others)
        if is_elsewhere:
            self.report(path, line, f'"{header}": {owner} includes another service; '
                                    "move what both need into libcommon")

    def check_home(self, path, line, header):
        for library, (pattern, homes) in HOMES.items():
            if re.match(pattern, header) and not path.startswith(homes):
                self.report(path, line, f"<{header}>: {library} is used in {', '.join(homes)} only")


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]
    if not (root / "libcommon").is_dir():
        sys.exit(f"{root}: no libcommon in it; give the root of the source tree")
    found = Checker(root.resolve()).check()
    print("\n".join(found) if found else "includes, homes, openings, calls: as they should be")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
