"""The four stacks, introduced to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import cdk_nag

from infra.acknowledgements import acknowledge
from infra.api_stack import ApiStack
from infra.code import built_code, placeholder_code
from infra.jobs_stack import JobsStack
from infra.observability_stack import ObservabilityStack
from infra.options import PLACEHOLDERS, read_options
from infra.storage_stack import StorageStack


def synthesise(output: str, context: Mapping[str, Any]) -> None:
    """Writes the cloud assembly to the folder `output`.

    Args:
        context: CDK's flags and the keys of `infra.options`; `placeholders` true takes stand-ins for the code.
    Raises:
        OptionError: a context key is bad.
        FileNotFoundError: the code has not been built.
    """
    options = read_options(context)
    code = placeholder_code() if context.get(PLACEHOLDERS) in (True, "true") else built_code()
    app = cdk.App(outdir=output, context=dict(context), analytics_reporting=False)
    storage = StorageStack(app, "RecoStorage", options=options)
    jobs = JobsStack(app, "RecoJobs", options=options, code=code, storage=storage)
    api = ApiStack(app, "RecoApi", options=options, code=code, storage=storage, jobs=jobs)
    ObservabilityStack(app, "RecoObservability", options=options, storage=storage, jobs=jobs, api=api)
    acknowledge(app, options)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app, verbose=True))
    app.synth()
