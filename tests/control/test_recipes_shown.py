"""Recipes, algorithms and feature transformations through boto3."""

from __future__ import annotations

from typing import Any

import pytest

from reco.arns import Owner
from reco.control import operations
from reco.recipes import RECIPES
from reco.wire.call import Call
from tests.control.conftest import Bench, refused
from tests.wire.clients import ACCOUNT

SERVICE = "arn:aws:personalize:::"


def test_recipes_are_listed_by_name_and_use_cases_by_their_domain(bench: Bench) -> None:
    listed = bench.client.list_recipes(recipeProvider="SERVICE")["recipes"]

    assert [recipe["name"] for recipe in listed] == [recipe.name for recipe in RECIPES]
    assert all(recipe["status"] == "ACTIVE" for recipe in listed)
    for domain in ("ECOMMERCE", "VIDEO_ON_DEMAND"):
        of_domain = bench.client.list_recipes(domain=domain)["recipes"]
        assert of_domain == [recipe for recipe in listed if recipe.get("domain") == domain]
        assert len(of_domain) == 5


@pytest.mark.parametrize("size", [7, 25])
def test_recipes_come_in_pages(bench: Bench, size: int) -> None:
    pages = bench.client.get_paginator("list_recipes").paginate(PaginationConfig={"PageSize": size})
    assert [recipe["recipeArn"] for page in pages for recipe in page["recipes"]] == [recipe.arn for recipe in RECIPES]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_leads_to_its_algorithm_and_feature_transformation(bench: Bench, recipe: object) -> None:
    described = bench.client.describe_recipe(recipeArn=recipe.arn)["recipe"]  # type: ignore[attr-defined]
    algorithm = bench.client.describe_algorithm(algorithmArn=described["algorithmArn"])["algorithm"]
    features = bench.client.describe_feature_transformation(
        featureTransformationArn=described["featureTransformationArn"]
    )["featureTransformation"]

    assert (described["status"], features["status"]) == ("ACTIVE", "ACTIVE")
    ranges = algorithm["defaultHyperParameterRanges"]
    ranged = {entry["name"] for entries in ranges.values() for entry in entries}
    assert ranged == set(algorithm["defaultHyperParameters"])


def test_defaults_and_ranges_are_personalizes(bench: Bench) -> None:
    algorithm = bench.client.describe_algorithm(algorithmArn=f"{SERVICE}algorithm/aws-user-personalization")[
        "algorithm"
    ]

    assert algorithm["defaultHyperParameters"] == {"hidden_dimension": "149", "bptt": "32", "recency_mask": "true"}
    ranges = algorithm["defaultHyperParameterRanges"]
    assert ranges["integerHyperParameterRanges"] == [
        {"name": "hidden_dimension", "minValue": 32, "maxValue": 256, "isTunable": True},
        {"name": "bptt", "minValue": 2, "maxValue": 32, "isTunable": True},
    ]
    assert ranges["categoricalHyperParameterRanges"] == [
        {"name": "recency_mask", "values": ["true", "false"], "isTunable": True}
    ]
    features = bench.client.describe_feature_transformation(
        featureTransformationArn=f"{SERVICE}feature-transformation/JSON-percentile-filtering"
    )["featureTransformation"]
    assert features["defaultParameters"] == {
        "min_user_history_length_percentile": "0.0",
        "max_user_history_length_percentile": "0.99",
    }


@pytest.mark.parametrize("name", ["aws-hrnn-v2", "mine"])
def test_what_personalize_does_not_have_does_not_exist(bench: Bench, name: str) -> None:
    refused("ResourceNotFoundException", bench.client.describe_recipe, recipeArn=f"{SERVICE}recipe/{name}")
    refused("ResourceNotFoundException", bench.client.describe_algorithm, algorithmArn=f"{SERVICE}algorithm/{name}")
    refused(
        "ResourceNotFoundException",
        bench.client.describe_feature_transformation,
        featureTransformationArn=f"{SERVICE}feature-transformation/{name}",
    )


def test_arns_of_the_service_are_shown_in_the_deployments_partition_and_taken_in_any(bench: Bench) -> None:
    china = Owner(ACCOUNT, "cn-north-1", "aws-cn")

    def asked(operation: str, **parameters: str) -> Any:
        call = Call(operation, parameters, china, None, "request", bench.now)
        return operations.METHODS[operation](bench.registry_at(bench.now, china), call)

    listed = [recipe["recipe_arn"] for recipe in asked("ListRecipes")["recipes"]]
    assert listed == [recipe.arn.replace("arn:aws:", "arn:aws-cn:") for recipe in RECIPES]
    for arn in (listed[0], RECIPES[0].arn):
        recipe = asked("DescribeRecipe", recipe_arn=arn)["recipe"]
        assert recipe["recipe_arn"] == listed[0]
        for operation, member in (
            ("DescribeAlgorithm", "algorithm_arn"),
            ("DescribeFeatureTransformation", "feature_transformation_arn"),
        ):
            (described,) = asked(operation, **{member: recipe[member]}).values()
            assert described[member] == recipe[member]
            assert recipe[member].startswith("arn:aws-cn:personalize:::")
    chinese = RECIPES[0].arn.replace("arn:aws:", "arn:aws-cn:")
    assert bench.client.describe_recipe(recipeArn=chinese)["recipe"]["recipeArn"] == RECIPES[0].arn
    refused(
        "ResourceNotFoundException", bench.client.describe_recipe, recipeArn=chinese.replace("arn:aws-cn:", "arn:awry:")
    )
