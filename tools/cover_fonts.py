"""Write fonts/coverage.txt: the code points that may be printed as they are, as hex ranges."""

import unicodedata
from pathlib import Path

from fontTools.ttLib import TTFont

HERE = Path(__file__).parent.parent / "connector" / "record" / "fonts"
have: set[int] = set()
for path in sorted(HERE.glob("*.ttf")):
    have |= set(TTFont(path, lazy=True).getBestCmap())
# Controls; soft hyphen and BOM; bidi embeddings, overrides and isolates; invisible operators; annotations.
have = {c for c in have if unicodedata.category(chr(c)) not in ("Cc", "Cs", "Cn")}
have -= {0xAD, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFD)}
# Joiners, direction hints, variation selectors and flag tags belong to correct spelling.
have |= {0x61C, *range(0x200B, 0x2010), *range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080), *range(0xE0100, 0xE01F0)}
ranges: list[list[int]] = []
for code in sorted(have):
    if ranges and code == ranges[-1][1] + 1:
        ranges[-1][1] = code
    else:
        ranges.append([code, code])
(HERE / "coverage.txt").write_text("".join(f"{a:X}-{b:X}\n" for a, b in ranges), "ascii")
print(len(have), len(ranges))
