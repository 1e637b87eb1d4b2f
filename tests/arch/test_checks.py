#!/usr/bin/python3
"""The checks of this folder, run on small made-up trees: each rule broken once, and kept."""
import pathlib
import platform
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_binaries  # noqa: E402
import check_corpora  # noqa: E402
import check_includes  # noqa: E402

OPENING = "/* What this file is for. */\n"

# (label, path, text after the opening comment, part of the finding)
BROKEN = [
    ("base includes model", "libcommon/base/a.c", '#include "model/mac.h"\n', "base may include"),
    ("conf includes io", "libcommon/conf/a.c", '#include "io/pg.h"\n', "conf may include"),
    ("model includes io", "libcommon/model/a.c", '#include "io/pg.h"\n', "model may include"),
    ("io includes model", "libcommon/io/a.c", '#include "model/mac.h"\n', "io may include"),
    ("io includes conf", "libcommon/io/a.c", '#include "conf/settings.h"\n', "io may include"),
    ("store includes web", "libcommon/store/a.c", '#include "web/head.h"\n', "store may include"),
    ("store includes vendor", "libcommon/store/a.c", '#include "vendor/vendor.h"\n', "store may"),
    ("vendor includes io", "libcommon/vendor/yealink/a.c", '#include "io/pg.h"\n', "vendor may include"),
    ("web includes store", "libcommon/web/a.c", '#include "store/visit.h"\n', "web may include"),
    ("web includes vendor", "libcommon/web/a.h", '# include  "vendor/vendor.h"\n', "web may include"),
    ("a module nobody knows", "libcommon/misc/a.c", '#include "base/str.h"\n', "misc has no line"),
    ("from its own folder", "libcommon/base/a.c", '#include "str.h"\n', "from the libcommon root"),
    ("climbing", "libcommon/web/a.c", '#include "../io/pg.h"\n', "climbs"),
    ("computed", "libcommon/web/a.c", "#include HEADER\n", "computed include"),
    ("a service includes another", "services/api/a.c", '#include "config/flow.h"\n', "another service"),
    ("a service, spelled out", "services/api/a.c", '#include "services/config/flow.h"\n', "another"),
    ("libcommon includes a service", "libcommon/web/a.c", '#include "services/api/x.h"\n', "no module's"),
    ("h2o in io", "libcommon/io/pg.c", "#include <h2o.h>\n", "h2o is used in"),
    ("h2o in a service", "services/api/a.c", "#include <h2o/http1.h>\n", "h2o is used in"),
    ("libpq in store", "libcommon/store/a.c", "#include <libpq-fe.h>\n", "libpq is used in"),
    ("libpq, long", "services/cli/a.c", "#include <postgresql/libpq-fe.h>\n", "libpq is used in"),
    ("OpenSSL in model", "libcommon/model/a.c", "#include <openssl/sha.h>\n", "OpenSSL is used in"),
    ("OpenSSL in base/hex", "libcommon/base/hex.c", "#include <openssl/evp.h>\n", "OpenSSL is used in"),
    ("OpenSSL in the command line", "services/cli/a.c", "#include <openssl/x509.h>\n", "OpenSSL is used"),
    ("jansson in vendor", "libcommon/vendor/a.c", "#include <jansson.h>\n", "jansson is used in"),
    ("jansson in a server", "services/config/a.c", "#include <jansson.h>\n", "jansson is used in"),
    ("hiredis in web", "libcommon/web/a.c", "#include <hiredis/hiredis.h>\n", "hiredis is used in"),
    ("libre in io/pg", "libcommon/io/pg.c", "#include <re/re.h>\n", "libre is used in"),
    ("PQexec", "libcommon/io/pg.c", "int f(void) { PQexec (c, s); }\n", "PQexec is not used"),
    ("PQexec by its address", "libcommon/io/pg.c", "void *f = PQexec;\n", "PQexec is not used"),
    ("PQfn", "libcommon/io/pg_sync.c", "int f(void) { PQfn(c); }\n", "PQfn is not used"),
    ("strcpy", "libcommon/base/a.c", "int f(void) { strcpy(a, b); }\n", "strcpy is not used"),
    ("strcat", "services/cli/a.c", "int f(void) { strcat(a, b); }\n", "strcat is not used"),
    ("sprintf", "libcommon/base/a.c", 'int f(void) { sprintf(a, "x"); }\n', "sprintf is not used"),
    ("vsprintf", "libcommon/base/a.c", "int f(void) { vsprintf(a, b, c); }\n", "vsprintf is not"),
    ("gets", "libcommon/base/a.c", "int f(void) { gets(a); }\n", "gets is not used"),
    ("strtok", "libcommon/base/a.c", "int f(void) { strtok(a, b); }\n", "strtok is not used"),
    ("behind a string with a comment in it", "libcommon/base/a.c",
     'const char *s = "/*"; int f(void) { strcpy(a, b); } /* x */\n', "strcpy is not used"),
    ("the phone includes libcommon", "tests/harness/phonesim/a.c", '#include "base/str.h"\n', "simulated"),
]

KEPT = {
    "libcommon/base/secret.c": '#include "base/secret.h"\n#include <openssl/crypto.h>\n',
    "libcommon/model/phone.c": '#include <jansson.h>\n#include "base/str.h"\n',
    "libcommon/io/loop_h2o.c": "#include <h2o.h>\n",
    "libcommon/io/pg_sync.c": "#include <libpq-fe.h>\nint f(void) { PQexec(c, s); }\n",
    "libcommon/io/pg.c": "#include <regex.h>\nint f(void) { PQexecParams(c); snprintf(a, 1, s); }\n",
    "libcommon/store/visit.c": '#include "io/pg.h"\n#include "model/mac.h"\n',
    "libcommon/vendor/yealink/yealink.c": '#include "vendor/vendor.h"\n#include "model/phone.h"\n',
    "libcommon/web/connection.c": '#include "conf/settings.h"\n#include <h2o.h>\n#include <openssl/ssl.h>\n',
    "libcommon/web/words.c": '/* #include "store/x.h", strcpy( */\nconst char *s = "strcpy(a, b)"; // gets(\n',
    "services/config/flow.c": '#include "flow.h"\n#include "config/flow.h"\n#include "vendor/vendor.h"\n',
    "services/api/a.c": '#include "store/visit.h"\n',
    "services/cli/a.c": '#include <jansson.h>\n#include "web/auth_cert.h"\n',
    "tests/harness/phonesim/phone.c": "#include <openssl/ssl.h>\n",
    "tests/unit/web/test.c": '#include <openssl/x509.h>\n#include "vendor/vendor.h"\nint f(void) { strcpy(a, b); }\n',
}


class Tree:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


class Includes(unittest.TestCase):
    def setUp(self):
        self.tree = Tree()
        self.addCleanup(self.tree.folder.cleanup)
        for path, text in KEPT.items():
            self.tree.write(path, OPENING + text)

    def check(self):
        return check_includes.Checker(self.tree.root).check()

    def test_a_tree_that_keeps_the_rules_has_no_finding(self):
        self.assertEqual(self.check(), [])

    def test_each_broken_rule_is_found_once_with_its_line(self):
        for label, path, text, want in BROKEN:
            with self.subTest(label):
                self.setUp()
                self.tree.write(path, OPENING + text)
                found = self.check()
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{path}:2: "), found)
                self.assertIn(want, found[0])

    def test_a_phone_that_links_libcommon_is_found(self):
        self.tree.write(f"{check_includes.PHONE}/CMakeLists.txt",
                        "# not bk::base\ntarget_link_libraries(phonesim PRIVATE bk_flags bk::base)\n")
        self.assertEqual(len(self.check()), 1)
        self.assertIn("CMakeLists.txt:2: the simulated phone links", self.check()[0])

    def test_a_file_without_opening_comment_is_found(self):
        for text in ("int x;\n", "/**/\nint x;\n", "/* ---- */\nint x;\n", "// a line of words here\n"):
            with self.subTest(text):
                self.tree.write("libcommon/base/bare.h", text)
                self.assertEqual(len(self.check()), 1)
                self.assertIn("bare.h:1: no opening comment", self.check()[0])


class Corpora(unittest.TestCase):
    def setUp(self):
        self.tree = Tree()
        self.addCleanup(self.tree.folder.cleanup)
        self.tree.write("tests/fuzz/fuzz_head.c", "")
        self.tree.write("tests/fuzz/corpus/head/seed", "GET")
        self.tree.write("tests/unit/web/CMakeLists.txt", "bk_fuzz(head DEPS bk::web)\n")

    def check(self):
        return check_corpora.check(self.tree.root)

    def test_a_target_with_its_corpus_has_no_finding(self):
        self.assertEqual(self.check(), [])

    def test_a_missing_corpus_is_found(self):
        (self.tree.root / "tests/fuzz/corpus/head/seed").unlink()
        self.assertIn("holds no seed", self.check()[0])

    def test_a_corpus_of_empty_and_hidden_files_is_found(self):
        self.tree.write("tests/fuzz/corpus/head/seed", "")
        self.tree.write("tests/fuzz/corpus/head/.keep", "x")
        self.assertIn("holds no seed", self.check()[0])

    def test_a_target_that_is_not_built_is_found(self):
        self.tree.write("tests/unit/web/CMakeLists.txt", "# bk_fuzz(head DEPS bk::web)\n")
        self.assertIn("no bk_fuzz(head", self.check()[0])

    def test_leftovers_are_found(self):
        self.tree.write("tests/fuzz/corpus/gone/seed", "x")
        self.tree.write("tests/unit/web/CMakeLists.txt", "bk_fuzz(head)\nbk_fuzz(lost)\n")
        self.assertEqual(len(self.check()), 2)

    def test_a_tree_without_targets_is_found(self):
        self.assertIn("no fuzz target", check_corpora.check(self.tree.root / "services")[0])


# (label, what is given to the compiler beside GOOD, part of the finding)
GOOD = ("-O2", "-fPIE", "-pie", "-fstack-protector-all", "-fcf-protection", "-D_FORTIFY_SOURCE=2",
        "-Wl,-z,relro,-z,now,-z,noexecstack")
WEAK = [
    ("not PIE", ("-fno-pie", "-no-pie"), "position independent"),
    ("no relro", ("-Wl,-z,norelro",), "GNU_RELRO"),
    ("lazy binding", ("-Wl,-z,lazy",), "bound late"),
    ("a stack that runs", ("-Wl,-z,execstack",), "stack can be run"),
    ("a library path", ("-Wl,-rpath,/tmp",), "RPATH"),
    ("no stack protector", ("-fno-stack-protector",), "stack protector"),
    ("not fortified", ("-U_FORTIFY_SOURCE",), "FORTIFY"),
    ("no marks for jumps", ("-fcf-protection=none",), "indirect jumps"),
]
PROGRAM = """
#include <stdio.h>
#include <string.h>
#define F(n) int f##n(int c, char **v) { char b[64]; snprintf(b, (size_t)c * 8, "%s", v[0]); return (int)strlen(b); }
F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16) F(17) F(18) F(19)
int main(int c, char **v) { return f0(c, v); }
"""


class Binaries(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        (pathlib.Path(self.directory.name) / "a.c").write_text(PROGRAM)

    def tearDown(self):
        self.directory.cleanup()

    def check(self, *options):
        where = pathlib.Path(self.directory.name)
        subprocess.run(["gcc", *GOOD, *options, where / "a.c", "-o", where / "a"], check=True)
        return check_binaries.check(where, True, ("a",))

    def test_a_hardened_program_has_no_finding(self):
        self.assertEqual(self.check(), [])

    @unittest.skipUnless(platform.machine() == "x86_64", "options of gcc for x86-64")
    def test_each_weakness_is_found(self):
        for label, options, part in WEAK:
            with self.subTest(label):
                found = self.check(*options)
                self.assertEqual(len(found), 1, found)
                self.assertIn(part, found[0])

    def test_a_program_that_is_missing_is_found(self):
        self.assertIn("not built", check_binaries.check(self.directory.name, True, ("b",))[0])


if __name__ == "__main__":
    unittest.main()
