"""Recipe declarations: whole, consistent, and true to what they accept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.arns import service_arn
from reco.errors import InvalidInput, ResourceNotFound
from reco.recipes import RECIPES, Hyperparameter, Recipe, recipe_by_arn
from reco.recipes.reference import as_markdown

SETTABLE = [(recipe, each) for recipe in RECIPES for each in recipe.hyperparameters if each.settable]
recipes = st.sampled_from(RECIPES)


def _given(parameter: Hyperparameter, text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The two members of solutionConfig with one value in the right one."""
    values = {parameter.name: text}
    return (values, {}) if parameter.place == "algorithm" else ({}, values)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_defaults_lie_in_their_ranges_and_come_back_typed(recipe: Recipe) -> None:
    kinds = {"integer": int, "continuous": float, "boolean": bool, "categorical": str}
    resolved = recipe.resolve({}, {})

    names = {each.known_as or each.name for each in recipe.hyperparameters}
    assert set(resolved) == names | set(recipe.fixed)
    assert not set(recipe.fixed) & names
    for each in recipe.hyperparameters:
        assert type(resolved[each.known_as or each.name]) is kinds[each.type]
        if each.settable:
            assert each.parse(each.default_text) == each.default
        assert each.sentence.endswith(".") and len(each.sentence) > 20


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_is_found_by_its_arn_and_says_what_it_does(recipe: Recipe) -> None:
    assert recipe_by_arn(recipe.arn) is recipe
    assert recipe.arn == f"arn:aws:personalize:::recipe/{recipe.name}"
    assert recipe.description.endswith(".") and recipe.required_datasets
    assert not set(recipe.required_datasets) & set(recipe.optional_datasets)
    assert recipe.domain is None or not (recipe.scores or recipe.hyperparameters or recipe.hpo)
    assert recipe.leaves_out is None or "user" in recipe.query
    assert recipe.hpo or not any(each.tunable for each in recipe.hyperparameters)


CUSTOM = """
    aws-hrnn aws-hrnn-coldstart aws-hrnn-metadata aws-item-affinity aws-item-attribute-affinity aws-next-best-action
    aws-personalized-ranking aws-personalized-ranking-v2 aws-popularity-count aws-semantic-similarity
    aws-similar-items aws-sims aws-trending-now aws-user-personalization aws-user-personalization-v2
"""
ECOMMERCE = """
    aws-ecomm-customers-who-viewed-x-also-viewed aws-ecomm-frequently-bought-together
    aws-ecomm-popular-items-by-purchases aws-ecomm-popular-items-by-views aws-ecomm-recommended-for-you
"""
VIDEO_ON_DEMAND = """
    aws-vod-because-you-watched-x aws-vod-more-like-x aws-vod-most-popular aws-vod-top-picks aws-vod-trending-now
"""


def test_every_recipe_of_personalize_is_there_by_name_and_others_are_not_found() -> None:
    for domain, expected in ((None, CUSTOM), ("ECOMMERCE", ECOMMERCE), ("VIDEO_ON_DEMAND", VIDEO_ON_DEMAND)):
        assert [recipe.name for recipe in RECIPES if recipe.domain == domain] == expected.split()
    names = [recipe.name for recipe in RECIPES]
    assert names == sorted(names)
    with pytest.raises(ResourceNotFound):
        recipe_by_arn(service_arn("recipe", "aws-mine"))


def test_the_page_of_the_documentation_is_what_the_declarations_say() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "recipes.md"
    assert page.read_text() == as_markdown(), "run python -m reco.recipes.reference > docs/reference/recipes.md"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_what_recipes_support_is_personalizes_table(recipe: Recipe) -> None:
    """Control-plane reference, F.2, of custom recipes."""
    name = recipe.name.removeprefix("aws-")
    if recipe.domain:
        assert not (recipe.events_config or recipe.objective or recipe.update_mode or recipe.batch)
        return
    assert recipe.events_config == (name in ("user-personalization-v2", "personalized-ranking-v2"))
    assert recipe.objective == (name in ("user-personalization", "personalized-ranking"))
    assert recipe.update_mode == (name in ("user-personalization", "hrnn-coldstart"))
    assert recipe.context == (
        ("personal" in name and "next" not in name) or name in ("hrnn-metadata", "hrnn-coldstart")
    )
    assert recipe.deployable == ("affinity" not in name)
    always = ("user-personalization-v2", "personalized-ranking-v2", "semantic-similarity")
    assert (recipe.metadata == "always") == (name in always)
    assert (recipe.batch == ()) == (name in ("trending-now", "next-best-action"))
    assert (recipe.exploration == "configurable") == (name == "user-personalization")
    managed = ("user-personalization-v2", "next-best-action", "hrnn-coldstart")
    assert (recipe.exploration == "managed") == (name in managed)
    assert recipe.promotions or "ranking" in name or "affinity" in name or name == "next-best-action"


def test_a_use_case_says_what_it_does_not_leave_out_yet() -> None:
    leaving = {recipe.name: recipe for recipe in RECIPES if recipe.leaves_out}
    assert len(leaving) == 5
    for recipe in leaving.values():
        assert f"a {recipe.leaves_out} event; in this version they are not left out." in recipe.description


@given(pair=st.sampled_from(SETTABLE), data=st.data())
def test_every_value_in_range_is_accepted_as_it_is(pair: tuple[Recipe, Hyperparameter], data: st.DataObject) -> None:
    _, parameter = pair
    if parameter.type == "boolean":
        value: int | float | bool | str = data.draw(st.booleans())
        text = data.draw(st.sampled_from([str(value), str(value).lower()]))
    elif parameter.type == "categorical":
        value = text = data.draw(st.sampled_from(parameter.choices))
    elif parameter.type == "integer":
        value = data.draw(st.integers(int(parameter.low), int(parameter.high)))
        text = str(value)
    else:
        value = data.draw(st.floats(parameter.low, parameter.high))
        text = repr(value)
    assert parameter.parse(text) == value


@given(pair=st.sampled_from(SETTABLE), text=st.text(max_size=80) | st.floats().map(repr) | st.integers().map(str))
def test_any_other_text_is_refused_with_the_parameters_name(pair: tuple[Recipe, Hyperparameter], text: str) -> None:
    recipe, parameter = pair
    try:
        value = recipe.resolve(*_given(parameter, text))[parameter.known_as or parameter.name]
    except InvalidInput as refusal:
        assert parameter.name in refusal.message and len(refusal.message) < 300
    else:
        if parameter.type == "categorical":
            assert value in parameter.choices
        else:
            assert parameter.low <= value <= parameter.high  # type: ignore[operator]


@given(recipe=recipes, name=st.text(min_size=1, max_size=300))
def test_an_unknown_name_is_refused(recipe: Recipe, name: str) -> None:
    known = {each.name for each in recipe.hyperparameters}
    if name not in known:
        with pytest.raises(InvalidInput, match="not a parameter"):
            recipe.resolve({name: "1"}, {})


def test_what_only_hpo_may_set_says_so() -> None:
    recipe = recipe_by_arn(service_arn("recipe", "aws-similar-items"))
    with pytest.raises(InvalidInput, match="only through HPO"):
        recipe.resolve({"item_id_hidden_dim": "100"}, {})
    assert recipe.resolve({}, {})["item_id_hidden_dim"] == 100
    parameter = recipe.hyperparameter("item_id_hidden_dim")
    assert parameter is not None and parameter.read("64") == 64


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe.ordered], ids=lambda recipe: recipe.name)
def test_percentiles_the_wrong_way_round_are_refused(recipe: Recipe) -> None:
    for smaller, larger in recipe.ordered:
        with pytest.raises(InvalidInput, match="smaller than"):
            recipe.resolve({}, {smaller: "0.5", larger: "0.5"})
