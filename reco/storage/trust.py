"""Trust policies: whether a role lets the job role take it, and the statement that makes it so.

A role for Amazon Personalize trusts the principal `personalize.amazonaws.com`, which nobody but Amazon can be. For our
jobs to read with it, its trust policy must name the job role, with this deployment's id as `sts:ExternalId`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

STATEMENT_ID = "RecoJobs"


def trust_statement(job_role_arn: str, external_id: str) -> dict[str, Any]:
    """What to add to a role's trust policy."""
    return {
        "Sid": STATEMENT_ID,
        "Effect": "Allow",
        "Principal": {"AWS": job_role_arn},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }


def with_statement(document: Mapping[str, Any], statement: Mapping[str, Any]) -> dict[str, Any]:
    """The trust policy with the statement in it, in place of an earlier one of the same Sid."""
    kept = [each for each in _listed(document.get("Statement", [])) if each.get("Sid") != statement["Sid"]]
    return {"Version": "2012-10-17", **document, "Statement": [*kept, dict(statement)]}


def trusts(document: Mapping[str, Any] | str, principal_arn: str, external_id: str) -> bool:
    """Whether AWS would let `principal_arn` take a role with this trust policy, showing `external_id`.

    Reads what such policies use: principals by ARN, account or `*`, actions with wildcards, all but these or those, and
    conditions on `sts:ExternalId`. A statement with any other condition is taken not to allow, and to deny.
    """
    policy = json.loads(document) if isinstance(document, str) else document
    allowed = False
    for statement in _listed(policy.get("Statement", [])):
        if not (_is_about_taking(statement) and _is_about(statement, principal_arn)):
            continue
        met = _condition_met(statement.get("Condition", {}), external_id)
        if statement.get("Effect") == "Deny" and met is not False:
            return False
        if statement.get("Effect") == "Allow" and met:
            allowed = True
    return allowed


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _is_about_taking(statement: Mapping[str, Any]) -> bool:
    actions = _listed(statement.get("NotAction", statement.get("Action", [])))
    named = any(fnmatchcase("sts:assumerole", action.lower()) for action in actions)
    return named != ("NotAction" in statement)


def _is_about(statement: Mapping[str, Any], arn: str) -> bool:
    named = _names(statement.get("NotPrincipal", statement.get("Principal")), arn)
    return named != ("NotPrincipal" in statement)


def _names(principal: Any, arn: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    account = arn.split(":")[4]
    partition = arn.split(":")[1]
    accepted = {"*", arn, account, f"arn:{partition}:iam::{account}:root"}
    return any(name in accepted for name in _listed(principal.get("AWS", [])))


def _condition_met(condition: Mapping[str, Any], external_id: str) -> bool | None:
    """None when the condition asks for something this function does not know."""
    met = True
    for operator, tests in condition.items():
        for key, expected in tests.items():
            if key.lower() != "sts:externalid" or operator not in ("StringEquals", "StringLike"):
                return None
            if operator == "StringEquals":
                met = met and external_id in _listed(expected)
            else:
                met = met and any(fnmatchcase(external_id, each) for each in _listed(expected))
    return met
