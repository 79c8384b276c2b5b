"""The stacks, in CDK. `app.py` puts them together; `infra.options` says what a deployer may choose."""
