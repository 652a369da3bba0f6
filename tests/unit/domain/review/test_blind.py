from dataclasses import dataclass

from domain.review.blind import blind_words


@dataclass(frozen=True)
class Word:
    author: int
    text: str
    is_withdrawn: bool = False


def said(*words):
    return [Word(author, text, is_withdrawn=text == "back") for author, text in words]


def texts(words):
    return [word.text for word in words]


class TestBlindWords:
    def test_are_everybodys_own(self):
        assert texts(blind_words(said((1, "pit"), (2, "crack")), wants=2)) == ["pit", "crack"]

    def test_are_what_stood_before_others_could_be_seen(self):
        words = said((1, "pit"), (2, "crack"), (2, "back"), (2, "pit"))

        assert texts(blind_words(words, wants=2)) == ["pit", "crack"]

    def test_may_be_changed_while_others_are_still_to_speak(self):
        words = said((1, "pit"), (1, "back"), (1, "void"), (2, "crack"))

        assert texts(blind_words(words, wants=2)) == ["void", "crack"]

    def test_are_fewer_while_not_all_have_spoken(self):
        assert texts(blind_words(said((1, "pit"), (2, "crack"), (2, "back")), wants=3)) == ["pit"]
