#!/usr/bin/env python3
"""Writes names.tsv: texts with their NFKC_Casefold, by Python's Unicode data and the package precis-i18n."""

import random
import sys
import unicodedata

from precis_i18n import get_profile
from precis_i18n.unicode import UnicodeData

DATA = UnicodeData()
PROFILE = get_profile("UsernameCaseMapped")


def visible(text):
    return "".join(c for c in text if not DATA.default_ignorable(ord(c)))


def mapped(character):
    """The property NFKC_CF of a character, as DerivedNormalizationProps.txt defines it: repeat until nothing changes."""
    text = character
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible(text)).casefold())
        if folded == text:
            return folded
        text = folded


def nfkc_casefold(text):
    """Identifier caseless match of section 3.13 (D147), without invisible characters: NFD, map each character, NFC."""
    return unicodedata.normalize("NFC", "".join(map(mapped, unicodedata.normalize("NFD", visible(text)))))


def characters():
    """Letters from Latin to Armenian, and every seventh further character that folds to something else."""
    number = 0
    for code in range(0x20, 0xE1000):
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Cs", "Co"):
            continue
        if code < 0x590:
            yield character
        elif mapped(character) != character:
            number += 1
            if number % 7 == 0:
                yield character


def names():
    """Random names of letters, marks and invisible characters."""
    source = random.Random(1)
    letters = "aAbBzZßẞſKÅéÉöÖıİiIΣςσΩΐᾳЖжԱևｱＡａﬁ①ⅷ㎏ᾼ\u0301\u0308\u0327\u0345\u200b\u00ad\ufe0f"
    for _ in range(400):
        yield "".join(source.choice(letters) for _ in range(source.randint(2, 8)))


def precis_names():
    """Names that PRECIS accepts as usernames; the form that PRECIS stores must fold alike."""
    source = random.Random(2)
    letters = "abcdefXYZéÉöÖñÑßΑβΓЖж가각ＡＢｃ１-_.@"
    for _ in range(200):
        name = "".join(source.choice(letters) for _ in range(source.randint(2, 12)))
        try:
            yield name, PROFILE.enforce(name)
        except UnicodeError:
            continue


def code_points(text):
    return " ".join(f"{ord(c):04X}" for c in text)


def main():
    with open("names.tsv", "w", encoding="ascii") as file:
        for text in [*characters(), *names()]:
            print("fold", code_points(text), code_points(nfkc_casefold(text)), sep="\t", file=file)
        for name, stored in precis_names():
            print("precis", code_points(name), code_points(stored), sep="\t", file=file)
    print(f"Unicode {unicodedata.unidata_version}", file=sys.stderr)


main()
