#!/usr/bin/env python3
"""Prints letter_case_table.inc: what the upper and the lower case of every letter beyond ASCII is.

Source: the Unicode database that Python brings (str.upper, str.lower: full mappings, no language).
Run again for a newer Unicode: ./letter_case_table.py > letter_case_table.inc
"""
import unicodedata


def letters():
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        letter = chr(code)
        if (letter.upper(), letter.lower()) != (letter, letter):
            yield code, letter.upper(), letter.lower()


def runs(simple):
    """Letters at a constant distance from their other case, one or two apart: (first, last, step, upper, lower)."""
    while simple:
        first = min(simple)
        shift = simple[first]

        def length(step):
            n = 1
            while simple.get(first + n * step) == shift:
                n += 1
            return n

        step = 2 if length(2) > length(1) else 1
        last = first + (length(step) - 1) * step
        for code in range(first, last + 1, step):
            del simple[code]
        yield first, last, step, *shift


def c_text(text):
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'


simple, words = {}, []
for code, upper, lower in letters():
    if len(upper) == len(lower) == 1:
        simple[code] = (ord(upper) - code, ord(lower) - code)
    else:
        words.append((code, upper, lower))

print(f"// Made by letter_case_table.py from Unicode {unicodedata.unidata_version}. Do not edit.")
print("// clang-format off")
print("constexpr CaseRun kCaseRuns[] = {")
for first, last, step, upper, lower in runs(simple):
    print(f"    {{0x{first:X}, 0x{last:X}, {step}, {upper}, {lower}}},")
print("};")
print("constexpr CaseWord kCaseWords[] = {")
for code, upper, lower in words:
    print(f"    {{0x{code:X}, {c_text(upper)}, {c_text(lower)}}},")
print("};")
