"""The credential scope as a server sees it, read off real signed requests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from reco.cli.configure_client import configure_client
from reco.client.signing import API_VERSIONS, sign_for_api_gateway, write_extras

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1"}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "personalize": ("list_schemas", {}),
    "personalize-events": (
        "put_events",
        {"trackingId": "t", "sessionId": "s", "eventList": [{"eventType": "x", "sentAt": 0}]},
    ),
    "personalize-runtime": ("get_recommendations", {"userId": "u"}),
}


@pytest.fixture
def echo() -> Iterator[tuple[str, list[str]]]:
    """A server that answers {} and keeps the service named in each request's credential scope."""
    scopes: list[str] = []

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = re.search(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request", self.headers["Authorization"])
            scopes.append(found[1] if found else "unsigned")
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", scopes
    server.shutdown()
    server.server_close()


def session() -> boto3.Session:
    return boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")


def call(client: Any, service: str) -> None:
    operation, parameters = CALLS[service]
    getattr(client, operation)(**parameters)


@pytest.mark.parametrize("service", API_VERSIONS)
def test_a_client_signs_for_api_gateway_after_one_line(echo: tuple[str, list[str]], service: str) -> None:
    endpoint, scopes = echo
    plain = session().client(service, endpoint_url=endpoint)
    call(plain, service)
    call(sign_for_api_gateway(plain), service)
    assert scopes == ["personalize", "execute-api"]


def test_a_session_makes_clients_that_sign_for_api_gateway_and_leaves_other_services_alone(
    echo: tuple[str, list[str]],
) -> None:
    endpoint, scopes = echo
    changed = sign_for_api_gateway(session())
    for service in API_VERSIONS:
        call(changed.client(service, endpoint_url=endpoint), service)
    changed.client("dynamodb", endpoint_url=endpoint).list_tables()
    assert scopes == ["execute-api"] * 3 + ["dynamodb"]


def test_unmodified_boto3_signs_for_api_gateway_with_the_extras(echo: tuple[str, list[str]], tmp_path: Path) -> None:
    endpoint, scopes = echo
    write_extras(tmp_path)
    program = "import boto3\n" + "\n".join(
        f"boto3.client({service!r}).{operation}(**{parameters!r})" for service, (operation, parameters) in CALLS.items()
    )
    environment = {**os.environ, **CREDENTIALS, "AWS_DATA_PATH": str(tmp_path), "AWS_ENDPOINT_URL": endpoint}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert scopes == ["execute-api"] * 3


def test_the_aws_cli_signs_for_api_gateway_with_the_extras(echo: tuple[str, list[str]], tmp_path: Path) -> None:
    endpoint, scopes = echo
    write_extras(tmp_path)
    aws = Path(sys.executable).with_name("aws")
    if not aws.exists():
        pytest.skip("the AWS CLI is not installed beside this Python")
    for data_path in ("", str(tmp_path)):
        environment = {**os.environ, **CREDENTIALS, "AWS_DATA_PATH": data_path}
        command = [str(aws), "personalize", "list-schemas", "--endpoint-url", endpoint]
        subprocess.run(command, env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
    assert scopes == ["personalize", "execute-api"]


def test_configure_client_writes_the_files_and_prints_the_lines_to_paste(tmp_path: Path) -> None:
    answer = CliRunner().invoke(configure_client, ["--folder", str(tmp_path), "--endpoint", "https://api.example/"])
    assert answer.exit_code == 0, answer.output
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json"))
    assert files == sorted(f"{service}/{API_VERSIONS[service]}/service-2.sdk-extras.json" for service in API_VERSIONS)
    assert all((tmp_path / name).stat().st_size == 66 for name in files)
    assert f"export AWS_DATA_PATH={tmp_path}" in answer.output
    assert "export AWS_ENDPOINT_URL_PERSONALIZE_RUNTIME=https://api.example\n" in answer.output


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = CliRunner().invoke(configure_client, ["--folder", str(tmp_path / "file" / "models")])
    assert answer.exit_code == 1
    assert answer.output == f"Error: {tmp_path}/file/models cannot be written: Not a directory\n"


def test_a_folder_with_a_space_is_pasted_as_one_word(tmp_path: Path) -> None:
    answer = CliRunner().invoke(configure_client, ["--folder", str(tmp_path / "my models")])
    assert f"export AWS_DATA_PATH='{tmp_path}/my models'\n" in answer.output


def test_the_api_versions_are_botocores() -> None:
    for service, version in API_VERSIONS.items():
        assert session().client(service).meta.service_model.api_version == version
