from models_admin.places import EVERYTHING, Place


class TestWider:
    def test_what_names_more_goes_first_and_recipe_before_tool_before_product(self):
        whole = Place(recipe_code="R", tool_code="T", product_code="P")

        assert [str(place) for place in whole.wider()] == [
            "R · T · P", "R · T", "R · P", "T · P", "R", "T", "P", "everything",
        ]  # fmt: skip

    def test_leaves_out_what_is_not_known(self):
        assert Place(tool_code="T").wider() == [Place(tool_code="T"), EVERYTHING]
        assert EVERYTHING.wider() == [EVERYTHING]
