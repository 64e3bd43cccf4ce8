"""Who may ask: whoever has the key, or this machine; and what nobody finds in a log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli
from numpy.typing import NDArray

from dialin.errors import InputError, ModelError
from dialin.runs.run import Run
from dialin.serve.gate import OPEN_PATHS
from dialin.serve.rules import api_key_in, key_in_file
from dialin.serve.server import check_address
from fake_run import calls, fake_run
from service import ADDRESS, API_KEY, post, service_client, shelf_of

GUARDED = ["/intents", "/intents/0", "/version", "/metrics", "/nothing"]
SECRET = "my card is 4111 1111 1111 1111"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fake_run(tmp_path_factory.mktemp("gate") / "run", calls(1))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-API-Key": API_KEY}, 200),
        ({"Authorization": f"Bearer {API_KEY}"}, 200),
        ({"Authorization": f"bearer  {API_KEY}"}, 200),
        ({"X-API-Key": "wrong", "Authorization": f"Bearer {API_KEY}"}, 200),
        ({}, 401),
        ({"X-API-Key": ""}, 401),
        ({"X-API-Key": API_KEY[:-1]}, 401),
        ({"X-API-Key": API_KEY + "0"}, 401),
        ({"X-API-Key": "schlüssel".encode()}, 401),
        ({"Authorization": f"Basic {API_KEY}"}, 401),
        ({"Authorization": API_KEY}, 401),
    ],
)
def test_the_key(run: Run, headers: dict[str, Any], status: int) -> None:
    with service_client(shelf_of(run.folder), key=API_KEY) as client:
        reply = client.post("/predict", json={"text": "a"}, headers=headers)
        assert reply.status_code == status
        assert [client.get(path, headers=headers).status_code == 401 for path in GUARDED] == [status == 401] * 5
        assert [path for path in OPEN_PATHS if client.get(path).status_code not in {200, 503}] == []
    if status == 401:
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.json() == {"error": "give the API key as X-API-Key or as a Bearer token"}


def test_the_description_asks_for_a_key_where_the_service_does(run: Run) -> None:
    with service_client(shelf_of(run.folder), key=API_KEY) as client:
        text = client.get("/openapi.json").text
        assert client.get("/openapi.json").json()["paths"]["/predict"]["post"]["security"] == [
            {"header": []},
            {"bearer": []},
        ]
        assert API_KEY not in text
    with service_client(shelf_of(run.folder)) as client:
        assert "security" not in client.get("/openapi.json").text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "a b", "evil.example:8378"])
def test_a_name_that_leads_to_this_machine_is_not_enough(run: Run, host: str) -> None:
    """A page of another site could let its own name lead here, and read the replies."""
    with service_client(shelf_of(run.folder)) as client:
        reply = client.get("/intents", headers={"Host": host})
        assert (reply.status_code, reply.headers["connection"]) == (421, "close")


def test_replies_may_not_be_framed_guessed_or_kept(run: Run) -> None:
    with service_client(shelf_of(run.folder)) as client:
        for path in ("/docs", "/intents", "/nothing"):
            headers = client.get(path).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_without_a_key_other_machines_are_kept_out(cli: Cli, run: Run, host: str) -> None:
    result = cli("serve", run.folder, "--host", host)
    assert result.exit_code == 2
    assert result.stderr == (
        f"dialin: error: --host {host} lets other machines in, and there is no API key (give one with "
        "--api-key-file FILE or --api-key-env NAME, or leave --host out)\n"
    )
    check_address(host, API_KEY)
    check_address("::1", "")


def test_keys_that_are_none(cli: Cli, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "short", "a key with blanks in it", "schlüssel-schlüssel"):
        with pytest.raises(InputError, match="at least 16"):
            api_key_in(text, "it")
    path = tmp_path / "key"
    path.write_text(f"{API_KEY}\n")
    assert key_in_file(path) == API_KEY
    path.write_bytes(b"\xff" * 20)
    with pytest.raises(InputError, match="not UTF-8"):
        key_in_file(path)
    monkeypatch.setenv("KEY", "short")
    for options in (["--api-key-env", "KEY"], ["--api-key-env", "NONE"], ["--api-key-file", tmp_path / "no"]):
        result = cli("serve", run.folder, *options)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert "short" not in result.stderr.replace("at least", "")
    assert "exclude each other" in cli("serve", run.folder, "--api-key-env", "A", "--api-key-file", "b").stderr


# --- logs -----------------------------------------------------------------------------------------


class Broken:
    """An embedder that fails and quotes what it was given, as a server's error may."""

    name = "test:broken"

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise self.error(f"cannot encode {texts}")


@pytest.mark.parametrize(("error", "status"), [(ModelError, 503), (ValueError, 500)])
def test_no_text_is_logged_or_sent_back_when_the_model_fails(
    run: Run, error: type[Exception], status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    notes: list[str] = []
    with service_client(shelf_of(run.folder, notes, Broken(error)), notes) as client:
        for _ in range(2):
            reply = client.post("/predict", json={"text": SECRET})
            assert (reply.status_code, list(reply.json())) == (status, ["error"])
        client.post("/predict", content=f'{{"text": "{SECRET}'.encode(), headers={"Content-Type": "application/json"})
        client.post("/predict", json={"text": SECRET, SECRET: SECRET, "utterances": [{"id": SECRET}]})
        metrics = client.get("/metrics").text
    output = capfd.readouterr()
    everything = "\n".join([*notes, caplog.text, output.out, output.err, reply.text, metrics])
    assert "4111" not in everything
    assert any(f"{error.__name__} at test_gate.py" in note for note in notes)


def test_no_warning_quotes_a_role(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """`dialin predict` warns of a column of people; a service would write their names into its log."""
    with service_client(shelf_of(run.folder)) as client:
        post(client, "/predict", {"utterances": [{"text": "a", "role": f"{SECRET} {i}"} for i in range(20)]})
    assert "4111" not in "".join(capfd.readouterr())


def test_the_address_of_the_tests_is_that_of_a_browser(run: Run) -> None:
    with service_client(shelf_of(run.folder)) as client:
        assert str(client.base_url).rstrip("/") == ADDRESS
        assert client.get("/", follow_redirects=False).headers["location"] == "/docs"
