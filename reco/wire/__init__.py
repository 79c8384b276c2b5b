"""The protocol: an API Gateway event in, a checked call to one operation, its answer or its fault out.

Everything is read off botocore's service models (docs/adr/0001-botocore-models-are-the-specification.md). camelCase
exists in this room only.
"""
