from core.errors import Invalid


def test_what_is_wrong_with_a_field_is_told_beside_its_name() -> None:
    fault = Invalid.of({"ids": ["This list may not be empty."], "": ["An object is wanted."]})

    assert fault.detail == "ids: This list may not be empty. An object is wanted."
    assert fault.extra["fields"]["ids"] == ["This list may not be empty."]


def test_a_field_inside_another_is_named_by_its_path() -> None:
    fault = Invalid.of({"images": {0: {"lot": ["Too long."]}}, "thresholds": [{}, {"pit": ["Not a number."]}]})

    assert fault.detail == "images.0.lot: Too long. thresholds.1.pit: Not a number."


def test_of_many_the_first_are_told_and_the_others_counted() -> None:
    fault = Invalid.of({name: ["Too long."] for name in "abcde"})

    assert fault.detail == "a: Too long. b: Too long. c: Too long. And 2 more, in `fields`."
