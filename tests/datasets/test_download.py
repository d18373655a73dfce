"""Downloads against a local server that is cut off, slow of mind, or lies."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from hwlib._core.progress import progress_bar
from hwlib.datasets import ArchiveError, DownloadError, cifar10
from hwlib.datasets import _cifar as cifar
from hwlib.datasets import _download as downloads
from hwlib.datasets._download import download

from .archives import FOLDER, small_archive

CONTENT = np.random.default_rng(0).bytes(300_000)
SUMS = {"md5": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(), "sha256": hashlib.sha256(CONTENT).hexdigest()}


class Server:
    """Answers on 127.0.0.1; ``asked`` are the paths and ranges that it was asked for."""

    def __init__(self):
        self.content, self.asked = CONTENT, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("Range")))
                self.close_connection = True
                getattr(outer, self.path[1:].replace("-", "_"))(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}/{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # -- ways to answer --

    def answer(self, handler, content, *, status=200, length=None, send=None, kind="application/gzip", **headers):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        if length is not False:
            handler.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content if send is None else content[:send])

    def begin(self, handler):
        asked = handler.headers.get("Range")
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0

    def good(self, handler, **options):
        begin, size = self.begin(handler), len(self.content)
        if not begin:
            return self.answer(handler, self.content, **options)
        named = {"Content_Range": f"bytes {begin}-{size - 1}/{size}"}
        return self.answer(handler, self.content[begin:], status=206, **named, **options)

    def drops(self, handler):  # a third more each time
        self.good(handler, send=100_000)

    def drops_without_a_length(self, handler):
        self.good(handler, send=100_000, length=False)

    def drops_at_once(self, handler):
        self.good(handler, send=0)

    def trickles(self, handler):
        self.good(handler, send=1)

    def ignores_the_range(self, handler):
        self.answer(handler, self.content)

    def ignores_the_range_and_drops(self, handler):
        self.answer(handler, self.content, send=100_000)

    def another_range(self, handler):
        begin = self.begin(handler)
        self.answer(handler, self.content[begin + 1 :], status=206, Content_Range=f"bytes {begin + 1}-9/10")

    def in_parts(self, handler):  # not all that was asked for, as a server may
        begin, size = self.begin(handler), len(self.content)
        if not begin:
            return self.drops(handler)
        end = min(begin + 90_000, size)
        named = f"bytes {begin}-{end - 1}/{size}"
        return self.answer(handler, self.content[begin:end], status=206, Content_Range=named)

    def stalls(self, handler):  # less than a chunk, then nothing, but the line stays open
        self.good(handler, send=50_000 + 20_000 * bool(self.begin(handler)))
        handler.rfile.read(1)

    def ftp(self, handler):
        handler.send_response(302)
        handler.send_header("Location", "ftp://127.0.0.1:9/file")
        handler.end_headers()

    def forever(self, handler, begin, more, status=b"HTTP/1.1 200 OK\r\n"):
        """Bytes without an end that are no part of the file."""
        handler.connection.settimeout(5)
        try:
            handler.connection.sendall(status + begin)
            while True:
                handler.connection.sendall(more)
                time.sleep(0.01)
        except OSError:
            pass

    def drips(self, handler):
        self.forever(handler, f"Content-Length: {len(self.content)}\r\n\r\n".encode(), b"x")

    def drips_in_a_header(self, handler):
        self.forever(handler, b"Name: ", b"x")

    def trailers(self, handler):
        self.forever(handler, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"a: b\r\n")

    def continues(self, handler):
        self.forever(handler, b"", b"HTTP/1.1 100 Continue\r\n\r\n", status=b"")

    def negative_chunk(self, handler):
        try:
            handler.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
            for _ in range(1000):
                handler.connection.sendall(bytes(100_000))
        except OSError:
            pass  # the other side has had enough

    def bell(self, handler):
        handler.connection.sendall(b"\x07\x1b[2J" + b"x" * 5000)

    def page(self, handler):
        self.answer(handler, b"<html>Please log in</html>", kind="text/html; charset=utf-8")

    def page_of_the_right_length(self, handler):
        self.answer(handler, b"<html>".ljust(len(self.content)), kind="text/html")

    def page_without_a_type(self, handler):
        self.answer(handler, b"<html>Please log in</html>", kind="application/octet-stream", length=False)

    def wrong_bytes(self, handler):
        self.answer(handler, bytes(len(self.content)))

    def too_long(self, handler):
        self.answer(handler, self.content + b"x")

    def endless(self, handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(bytes(100_000))
        except OSError:
            pass  # the other side has had enough

    def nonsense(self, handler):
        self.answer(handler, self.content, length="many")

    def missing(self, handler):
        handler.send_error(404)

    def busy(self, handler):
        handler.send_error(503)

    def refuses_ranges(self, handler):
        handler.send_error(416)

    def silent(self, handler):
        handler.connection.settimeout(5)
        handler.rfile.read(1)  # nothing comes

    def moved(self, handler):
        handler.send_response(302)
        handler.send_header("Location", self.url("good"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    yield server
    server.close()


def fetch(server, target, *paths, **options):
    addresses = [server.url(path) for path in paths]
    options = {"size": len(CONTENT), "checksums": SUMS, "progress": False, "timeout": 5.0} | options
    return download(addresses, target, **options)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "file.tar.gz"


@pytest.mark.parametrize(
    ("path", "requests"),
    [("good", 1), ("moved", 2), ("drops", 3), ("drops-without-a-length", 3), ("ignores-the-range", 1), ("in-parts", 4)],
)
def test_the_file_comes_whole(server, target, path, requests):
    assert fetch(server, target, path) == target
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == requests
    assert [file.name for file in target.parent.iterdir()] == ["file.tar.gz"], "nothing is left behind"


def test_what_has_arrived_is_not_asked_for_again(server, target):
    fetch(server, target, "drops")
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=200000-"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("drops-at-once", "broke off after 0 of 300,000 bytes"),
        ("ignores-the-range-and-drops", "broke off after 100,000 of 300,000"),
        ("trickles", "broke off 20 times"),
        ("page", "sends a page, not the file"),
        ("page-of-the-right-length", "sends a page"),
        ("page-without-a-type", "broke off after 26 of 300,000|another checksum|sends more"),
        ("wrong-bytes", "another checksum"),
        ("too-long", "has a file of 300,001 bytes, not of 300,000"),
        ("endless", "sends more than 300,000 bytes"),
        ("nonsense", "invalid literal|broke off"),
        ("missing", "status 404"),
        ("busy", "status 503"),
        ("silent", "timed out"),
        ("ftp", "sends on to 'ftp:"),
        ("drips", "less than 1,000 bytes a second"),
        ("drips-in-a-header", "less than 1,000 bytes a second"),
        ("trailers", "less than 1,000 bytes a second"),
        ("continues", "less than 1,000 bytes a second"),
        ("negative-chunk", "sends more than 300,000 bytes"),
    ],
)
def test_a_mirror_that_fails_is_named_with_its_reason_and_the_next_one_is_asked(server, target, path, reason):
    with pytest.raises(DownloadError, match=rf"{path}: .*({reason})"):
        fetch(server, target, path, timeout=0.3)
    assert not target.exists(), "only the whole file has its name"
    assert fetch(server, target, path, "good", timeout=0.3).read_bytes() == CONTENT


def test_what_came_before_a_mirror_fell_silent_is_kept(server, target):
    assert fetch(server, target, "stalls", timeout=0.3).read_bytes() == CONTENT
    assert [asked for _, asked in server.asked][:3] == [None, "bytes=50000-", "bytes=120000-"]


def test_a_reason_is_printable_and_short(server, target):
    with pytest.raises(DownloadError) as told:
        fetch(server, target, "bell")
    assert str(told.value).replace("\n", "").isprintable()
    assert len(str(told.value)) < 400


def test_a_full_disk_is_not_a_mirrors_fault(server, target):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(DownloadError, match=r"file\.tar\.gz\.part cannot be written: File too large"):
            fetch(server, target, "good", "drops")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert server.asked == [("/good", None)], "no other mirror is asked"
    assert fetch(server, target, "good").read_bytes() == CONTENT


def test_a_download_goes_on_where_the_last_call_ended(server, target):
    target.parent.mkdir()
    part = target.with_name("file.tar.gz.part")
    part.write_bytes(CONTENT[:250_000])
    fetch(server, target, "good")
    assert server.asked == [("/good", "bytes=250000-")]
    assert target.read_bytes() == CONTENT
    assert not part.exists()


@pytest.mark.parametrize("path", ["another-range", "refuses-ranges", "missing"])
def test_a_failed_mirror_leaves_what_has_arrived(server, target, path):
    target.parent.mkdir()
    part = target.with_name("file.tar.gz.part")
    part.write_bytes(CONTENT[:250_000])
    with pytest.raises(DownloadError):
        fetch(server, target, path)
    assert part.read_bytes() == CONTENT[:250_000]


@pytest.mark.parametrize("path", ["good", "ignores-the-range"])
@pytest.mark.parametrize("before", [bytes(10), bytes(len(CONTENT)), CONTENT, CONTENT + b"x", b""])
def test_whatever_an_old_part_holds_the_file_is_right(server, target, path, before):
    target.parent.mkdir()
    target.with_name("file.tar.gz.part").write_bytes(before)
    assert fetch(server, target, path).read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again_and_what_is_wrong_is(server, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    fetch(server, target, "good")
    assert not server.asked
    target.write_bytes(bytes(len(CONTENT)))
    assert fetch(server, target, "good").read_bytes() == CONTENT


def test_nobody_there_is_an_error_that_says_so(target):
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/x: .*[Rr]efused"):
        download(["http://127.0.0.1:9/x"], target, size=1, checksums=SUMS, progress=False)
    with pytest.raises(DownloadError, match="no mirror is named"):
        download([], target, size=1, checksums=SUMS, progress=False)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/file", "nonsense"])
def test_only_web_addresses_are_taken(target, address):
    with pytest.raises(ValueError, match=r"accepted are addresses"):
        download([address], target, size=1, checksums=SUMS)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"checksums": {}}, {"checksums": {"crc": "0"}}, {"timeout": 0}])
def test_a_wrong_argument_is_named(target, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        download([], target, **{"size": 1, "checksums": SUMS} | wrong)


def test_a_second_process_waits_for_the_first_and_then_has_the_file(server, target):
    fcntl = pytest.importorskip("fcntl")
    target.parent.mkdir()
    with target.with_name("file.tar.gz.part").open("ab") as part:
        fcntl.flock(part, fcntl.LOCK_EX)  # as another process has it
        waiting = threading.Thread(target=fetch, args=(server, target, "good"))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        assert not server.asked
        target.write_bytes(CONTENT)
    waiting.join(10)
    assert not waiting.is_alive()
    assert not server.asked, "it is there already"


# --- CIFAR-10 through the server --------------------------------------------------------------------------------------


@pytest.fixture
def cifar_server(server, monkeypatch):
    server.content = small_archive()
    monkeypatch.delenv("HWLIB_CIFAR10", raising=False)
    monkeypatch.setattr(cifar, "SIZE", len(server.content))
    monkeypatch.setattr(cifar, "IMAGES", (8, 3))
    monkeypatch.setattr(cifar, "CHECKSUMS", {"sha256": hashlib.sha256(server.content).hexdigest(), "md5": hashlib.md5(
        server.content, usedforsecurity=False).hexdigest()})  # fmt: skip
    return server


def test_cifar10_is_fetched_once_from_the_first_mirror_that_has_it(cifar_server, tmp_path):
    mirrors = [cifar_server.url(path) for path in ("page", "wrong-bytes", "good", "missing")]
    split = cifar10(folder=tmp_path, mirrors=mirrors, progress=False)
    assert [path for path, _ in cifar_server.asked] == ["/page", "/wrong-bytes", "/good"]
    again = cifar10(folder=tmp_path, mirrors=mirrors, progress=False)
    assert len(cifar_server.asked) == 3
    np.testing.assert_array_equal(split.train.images, again.train.images)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FOLDER, "cifar-10-python.tar.gz"]


def test_an_archive_put_there_by_hand_is_taken_without_a_network(cifar_server, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(cifar_server.content)
    assert len(cifar10(folder=tmp_path, allow_download=False).train) == 8
    assert not cifar_server.asked


def test_an_archive_there_with_wrong_bytes_is_fetched_again(cifar_server, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(cifar_server.content[:-1] + b"?")
    with pytest.raises(DownloadError, match="must not be downloaded"):
        cifar10(folder=tmp_path, allow_download=False)
    assert len(cifar10(folder=tmp_path, mirrors=[cifar_server.url("good")], progress=False).test) == 3


def test_a_damaged_folder_is_named_with_what_to_do(cifar_server, tmp_path):
    cifar10(folder=tmp_path, mirrors=[cifar_server.url("good")], progress=False)
    (tmp_path / FOLDER / "test_batch").write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"test_batch: the pickle is damaged(.|\n)*remove the folder"):
        cifar10(folder=tmp_path, allow_download=False)


def test_a_folder_that_lost_a_batch_is_named(cifar_server, tmp_path):
    cifar10(folder=tmp_path, mirrors=[cifar_server.url("good")], progress=False)
    (tmp_path / FOLDER / "data_batch_2").unlink()
    with pytest.raises(ArchiveError, match=r"has 4 and 3 images, not all of CIFAR-10(.|\n)*remove the folder"):
        cifar10(folder=tmp_path, allow_download=False)


def test_with_no_mirror_left_the_error_says_what_to_do(cifar_server, tmp_path):
    with pytest.raises(DownloadError, match=r"status 404(.|\n)*What to do: (.|\n)*cifar10\(archive=\.\.\.\)"):
        cifar10(folder=tmp_path, mirrors=[cifar_server.url("missing")], progress=False)


# --- the bar ----------------------------------------------------------------------------------------------------------


def shown(**options):
    file = io.StringIO()
    with progress_bar("file", 1000, unit="B", file=file, **options) as bar:
        for _ in range(8):
            bar.update(100)
    return file.getvalue()


def test_the_bar_is_tqdms():
    pytest.importorskip("tqdm")
    assert "100%" in shown(done=200)
    assert "80%" in shown()


def test_without_tqdm_there_is_a_line_for_each_tenth(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    assert shown(done=150).splitlines() == [f"file: {percent} %" for percent in range(20, 100, 10)]


def test_no_bar_writes_nothing():
    assert shown(shown=False) == ""


def test_a_download_shows_its_bar(server, target, capsys):
    pytest.importorskip("tqdm")
    fetch(server, target, "drops", progress=True)
    assert "300k/300k" in capsys.readouterr().err
    assert downloads._MOST_REQUESTS == 20
