"""The labelled messages are those that the split was made of, and nothing that is tuned on comes near a held one."""

import hashlib
import json
import pathlib
import re
import unicodedata
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
LANGUAGES = ("es", "it", "uk", "en")
# Share of the smaller text's fragments that two texts may have in common, and of both texts'.
CONTAINED = 0.7
ALIKE = 0.5
# Shorter texts ("no abre") are alike by chance.
SHORTEST = 24


def fragments(text):
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = " ".join(re.findall(r"[^\W\d_]+", "".join(c for c in folded if not unicodedata.combining(c))))
    return {letters[i:i + 5] for i in range(len(letters) - 4)} if len(letters) >= SHORTEST else set()


def near(a, b):
    common = len(a & b)
    return common >= CONTAINED * min(len(a), len(b)) or common >= ALIKE * len(a | b)


def messages(language):
    with open(ROOT / f"tests/data/messages_{language}.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def tuned_on(language):
    """(where, text) of all that words, rules and weights are made from."""
    for message in messages(language):
        if message["split"] == "tune":
            yield message["id"], message["subject"] + " " + message["body"]
    phrasings = ROOT / f"tests/classify/phrasings/{language}.tsv"
    for number, line in enumerate(phrasings.read_text(encoding="utf-8").splitlines(), 1):
        yield f"{phrasings.name}:{number}", line.partition("\t")[2]


class SplitTest(unittest.TestCase):
    def test_the_files_are_those_of_the_split(self):
        listed = dict(reversed(line.split()) for line in
                      (ROOT / "tests/data/SPLIT.sha256").read_text().splitlines())
        self.assertEqual(set(listed), {f"tests/data/messages_{language}.jsonl" for language in LANGUAGES})
        for path, expected in listed.items():
            self.assertEqual(hashlib.sha256((ROOT / path).read_bytes()).hexdigest(), expected, path)

    def test_a_third_of_each_language_is_held(self):
        for language in LANGUAGES:
            splits = [message["split"] for message in messages(language)]
            self.assertGreaterEqual(len(splits), 150)
            self.assertEqual(splits.count("held") * 3, len(splits), language)
            self.assertEqual(splits.count("held") + splits.count("tune"), len(splits), language)

    def test_nothing_tuned_on_is_nearly_a_held_message(self):
        found = []
        for language in LANGUAGES:
            tuned = [(where, fragments(text)) for where, text in tuned_on(language)]
            for message in messages(language):
                if message["split"] != "held":
                    continue
                held = fragments(message["subject"] + " " + message["body"])
                found += [f"{message['id']} and {where}" for where, text in tuned if text and held and near(held, text)]
        self.assertEqual(found, [])


class NearTest(unittest.TestCase):
    def test_tells_the_same_from_the_like(self):
        text = "My website does not open since this morning, please check what happened to it"
        for other, expected in [
            (text, True),
            ("Hello, " + text.upper() + "! Thanks, order 1234", True),
            ("My web site doesn't open since this morning. Please check what has happened", True),
            ("The mailbox of our accountant is full, how do we make it larger?", False),
        ]:
            self.assertEqual(near(fragments(text), fragments(other)), expected, other)


if __name__ == "__main__":
    unittest.main()
