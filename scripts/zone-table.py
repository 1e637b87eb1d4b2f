#!/usr/bin/env python3
"""libcommon/model/zone_table.c from this machine's time zone database (package tzdata).

    scripts/zone-table.py | clang-format >libcommon/model/zone_table.c

A zone's last rule stands in the footer of its file (RFC 8536, 3.3) as a POSIX TZ string: that is what
holds from now on. tests/unit/model/test_zone.c compares the table with the machine's database.
"""
import os
import re
import sys

ROOT = "/usr/share/zoneinfo"
AREAS = "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split()
NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
TIME = r"[+-]?\d+(?::\d\d)?"
FOOTER = re.compile(rf"{NAME}({TIME})(?:{NAME}({TIME})?,(M[^,]+),(M[^,]+))?")
CHANGE = re.compile(rf"M(\d+)\.(\d)\.(\d)(?:/({TIME}))?")


def names():
    for area in AREAS:
        for folder, _, files in os.walk(f"{ROOT}/{area}"):
            yield from (os.path.relpath(os.path.join(folder, name), ROOT) for name in files)
    yield from ("Etc/UTC", "UTC")


def footer_of(name):
    with open(f"{ROOT}/{name}", "rb") as file:
        return file.read().rsplit(b"\n", 2)[1].decode("ascii")


def minutes(text):
    hours, _, rest = text.lstrip("+-").partition(":")
    return (-1 if text[0] == "-" else 1) * (int(hours) * 60 + int(rest or 0))


def change(text):
    month, week, weekday, time = CHANGE.fullmatch(text).groups()
    return int(month), int(week), int(weekday), minutes(time or "2")


def decode(footer):
    """Offset of standard time, minutes saved, start and end of daylight saving."""
    found = FOOTER.fullmatch(footer)
    if found is None:
        sys.exit(f"{footer}: a form that this script does not know")
    standard, summer, start, end = found.groups()
    offset = -minutes(standard)
    if start is None:
        return offset, None
    saved = (-minutes(summer) if summer else offset + 60) - offset
    if saved < 0:  # Ireland: winter is the exception there
        return offset + saved, (-saved, change(end), change(start))
    return offset, (saved, change(start), change(end))


def version():
    with open(f"{ROOT}/tzdata.zi", encoding="ascii") as file:
        return file.readline().split()[-1]


def main():
    rows = [(name, footer_of(name), *decode(footer_of(name))) for name in sorted(names())]
    rules = sorted({rule for *_, rule in rows if rule is not None})
    print(f"""/*
 * Made by scripts/zone-table.py from the IANA time zone database, version {version()}; do not edit.
 * Rows are sorted by name (bytes).
 */
#include "model/zone.h"
""")
    print("static const struct bk_zone_dst rules[] = {")
    for saved, start, end in rules:
        print(f"    {{{saved}, {{{', '.join(map(str, start))}}}, {{{', '.join(map(str, end))}}}}},")
    print("};\n\nconst struct bk_zone bk_zone_table[] = {")
    for name, footer, offset, rule in rows:
        dst = "NULL" if rule is None else f"&rules[{rules.index(rule)}]"
        print(f'    {{"{name}", {offset}, "{footer}", {dst}}},')
    print("};\nconst size_t bk_zone_count = BK_COUNT(bk_zone_table);")


main()
