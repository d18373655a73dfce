"""hwlib.datasets.cifar10: the official format, and archives that are cut off, corrupt or hostile."""

from __future__ import annotations

import contextlib
import gzip
import os
import pickle
import re
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib.datasets import ArchiveError, DownloadError, cifar10
from hwlib.datasets import _cifar as cifar
from hwlib.datasets._archive import read_archive, read_pickle

from ..examples import examples
from .archives import (
    FOLDER,
    NAMES,
    batch,
    member,
    meta,
    official_batch,
    pictures,
    small_archive,
    small_files,
    tar_bytes,
)

SMALL, REAL = small_archive(), os.environ.get("HWLIB_CIFAR10")


@pytest.fixture
def put(tmp_path):
    def write(content, name="archive.tar.gz"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("HWLIB_CIFAR10", raising=False)


# --- what is there ----------------------------------------------------------------------------------------------------


def assert_small(split):
    first, second, test = pictures(4, 1), pictures(4, 2), pictures(3, 3)
    np.testing.assert_array_equal(split.train.images, np.concatenate([first[0], second[0]]))
    np.testing.assert_array_equal(split.train.labels, np.concatenate([first[1], second[1]]))
    np.testing.assert_array_equal(split.test.images, test[0])
    np.testing.assert_array_equal(split.test.labels, test[1])
    assert split.train.names == split.test.names == NAMES


def test_an_archive_and_its_unpacked_files_are_read_alike(put, tmp_path, monkeypatch):
    path = put(SMALL)
    assert_small(cifar10(archive=path))
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert_small(cifar10(archive=tmp_path / "unpacked"))
    assert_small(cifar10(archive=str(tmp_path / "unpacked" / FOLDER)))
    monkeypatch.setenv("HWLIB_CIFAR10", str(path))
    assert_small(cifar10())
    with pytest.raises(FileNotFoundError):
        cifar10(archive=tmp_path / "nowhere")  # what is named goes before the variable
    assert not (tmp_path / FOLDER).exists(), "reading writes nothing"


def test_a_batch_as_python_2_wrote_it_is_what_pickle_itself_reads():
    images, labels = pictures(5)
    content = official_batch(images, labels)
    theirs, ours = pickle.loads(content, encoding="bytes"), read_pickle(content)  # noqa: S301 - written above
    assert theirs.keys() == ours.keys() == {b"batch_label", b"labels", b"data", b"filenames"}
    np.testing.assert_array_equal(theirs[b"data"], ours[b"data"])
    np.testing.assert_array_equal(ours[b"data"].reshape(-1, 3, 32, 32), images)
    assert theirs[b"labels"] == ours[b"labels"] == labels.tolist()
    assert theirs[b"filenames"] == ours[b"filenames"]


def test_channels_and_rows_stand_where_the_format_says():
    """The first 1,024 bytes of a row are red, and each 32 of them a row of the image."""
    data = np.zeros((1, 3072), np.uint8)
    data[0, 1024 + 2 * 32 + 5] = 9
    held = {name: batch(data, [0]) for name in ("data_batch_1", "test_batch")} | {"batches.meta": meta()}
    images = cifar._read(_folder(held)).train.images
    assert [tuple(place) for place in np.argwhere(images)] == [(0, 1, 2, 5)]


def _folder(files, made=[]):  # noqa: B006 - kept until the tests end
    import tempfile
    from pathlib import Path

    made.append(tempfile.TemporaryDirectory())
    for name, content in files.items():
        (Path(made[-1].name) / name).write_bytes(content)
    return Path(made[-1].name)


@pytest.mark.skipif(not REAL, reason="no real images: the variable HWLIB_CIFAR10 names no archive of CIFAR-10")
def test_a_real_archive():
    split = cifar10(archive=REAL)
    assert split.train.images.shape[1:] == (3, 32, 32)
    assert split.train.names == NAMES
    counts = np.bincount(split.train.labels, minlength=10)
    assert counts.min() > 0.8 * counts.mean()


# --- what is not what it should be ------------------------------------------------------------------------------------


def test_an_archive_cut_off_anywhere_is_an_error(put):
    for end in [0, 1, 5, 20, *range(100, len(SMALL) - 8, len(SMALL) // 23)]:
        with pytest.raises(ArchiveError, match=r"damaged, cut off|lacks"):
            cifar10(archive=put(SMALL[:end]))


@examples(100)
@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_changed_byte_is_an_error_or_changes_nothing(place, difference):
    """The compressed stream has a checksum of its own; bytes of its header that mean nothing may change."""
    content = bytearray(SMALL)
    content[place] ^= difference
    path = _folder({"archive.tar.gz": bytes(content)}) / "archive.tar.gz"
    try:
        split = cifar10(archive=path)
    except ArchiveError:
        return
    assert_small(split)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>not found</html>", "damaged"),
        (gzip.compress(b"no archive inside" * 100), "damaged"),
        (tar_bytes(), "lacks data_batch_1, test_batch, batches.meta"),
        (small_archive({"batches.meta": meta()}), "lacks data_batch_1, test_batch"),
        (small_archive({**small_files(), "test_batch": b""}), "test_batch: the pickle is damaged"),
        (small_archive({**small_files(), "test_batch": pickle.dumps([1], protocol=2)}), "accepted is a dictionary"),
        (small_archive({**small_files(), "test_batch": pickle.dumps({b"data": 1}, protocol=2)}), "lacks labels"),
        (small_archive({**small_files(), "test_batch": batch(pictures(2)[0], [1])}), "a label for each of the 2"),
        (small_archive({**small_files(), "test_batch": batch(pictures(1)[0], [10])}), "labels from 0 to 9"),
        (small_archive({**small_files(), "test_batch": batch(pictures(1)[0], [-1])}), "labels from 0 to 9"),
        (small_archive({**small_files(), "batches.meta": meta(())}), "names of classes"),
        (
            small_archive({**small_files(), "test_batch": pickle.dumps({b"data": 7, b"labels": []}, protocol=2)}),
            "images of 3,072 bytes",
        ),
    ],
)
def test_what_is_wrong_is_said(put, content, message):
    with pytest.raises(ArchiveError, match=message):
        cifar10(archive=put(content))


@pytest.mark.parametrize(
    ("hostile", "message"),
    [
        (member("../evil", b"x"), "outside"),
        (member(f"{FOLDER}/../../evil", b"x"), "outside"),
        (member("/tmp/evil", b"x"), "outside"),  # noqa: S108 - never written
        (member("C:\\evil", b"x"), "outside"),
        (member(f"{FOLDER}\\..\\..\\evil", b"x"), "outside"),
        (member("other/test_batch", b"x"), f"not in {FOLDER}"),
        (member(f"{FOLDER}/test_batch", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "no ordinary file"),
        (member(f"{FOLDER}/link", type=tarfile.SYMTYPE, linkname="../.."), "no ordinary file"),
        (member(f"{FOLDER}/test_batch", type=tarfile.LNKTYPE, linkname="/etc/passwd"), "no ordinary file"),
        (member(f"{FOLDER}/device", type=tarfile.CHRTYPE, devmajor=1, devminor=5), "no ordinary file"),
        (member(f"{FOLDER}/pipe", type=tarfile.FIFOTYPE), "no ordinary file"),
        (member(f"{FOLDER}/test_batch", b"x"), "there twice"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_hostile_member_is_an_error_and_writes_nothing(put, tmp_path, hostile, message, last):
    rest = [member(f"{FOLDER}/{name}", content) for name, content in small_files().items()]
    path = put(tar_bytes(*rest, hostile) if last else tar_bytes(hostile, *rest))
    with pytest.raises(ArchiveError, match=message):
        cifar10(archive=path)
    assert list(tmp_path.iterdir()) == [path]
    assert not (tmp_path.parent / "evil").exists()


def test_a_bomb_is_not_unpacked(put, monkeypatch):
    """A thousandth of the size on disk: neither one member nor all of them may be larger than the limits."""
    monkeypatch.setattr(cifar, "_LARGEST", 1 << 20)
    monkeypatch.setattr(cifar, "_TOTAL", 3 << 20)
    with pytest.raises(ArchiveError, match=r"has 1,048,577 bytes, more than 1,048,576"):
        cifar10(archive=put(tar_bytes(member(f"{FOLDER}/data_batch_1", bytes((1 << 20) + 1)))))
    many = tar_bytes(*(member(f"{FOLDER}/part{i}", bytes(1 << 20)) for i in range(4)))
    assert len(many) < 10_000
    with pytest.raises(ArchiveError, match=r"unpacked it has more than 3,145,728 bytes"):
        cifar10(archive=put(many))
    with pytest.raises(ArchiveError, match="more than 100 files"):
        cifar10(archive=put(tar_bytes(*(member(f"{FOLDER}/{i}") for i in range(101)))))
    # A header that only says that it is large, and one whose names are large.
    info, _ = member(f"{FOLDER}/data_batch_1")
    info.size = 1 << 50
    with pytest.raises(ArchiveError, match="more than"):
        cifar10(archive=put(gzip.compress(info.tobuf())))
    with pytest.raises(ArchiveError, match=r"more than|damaged"):
        cifar10(archive=put(tar_bytes(member("x" * (4 << 20)))))
    folder = _folder({"data_batch_1": bytes((1 << 20) + 1)})
    with pytest.raises(ArchiveError, match="more than"):
        cifar10(archive=folder)


# --- pickles ----------------------------------------------------------------------------------------------------------


class Runs:
    """Pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


RAN = []


def ran(*_):
    RAN.append(1)


def calls():
    yield Runs(ran)
    yield Runs(os.system, "true")
    yield Runs(eval, "1 + 1")
    yield Runs(getattr, "", "join")
    yield Runs(np.frombuffer, b"1234")
    yield Runs(np.load, "file", None, True)
    yield Runs(np.zeros, 10**14)
    yield np.zeros(2)  # floats
    yield np.zeros(2, object)
    yield np.asfortranarray(np.zeros((2, 2), np.uint8))
    yield {1, 2}
    yield 1.5
    yield 2**70
    yield complex(1, 2)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_runs_nothing(put, protocol):
    for value in calls():
        content = pickle.dumps({b"data": value, b"labels": []}, protocol=protocol)
        with pytest.raises(ArchiveError, match=r"which no batch does|it is not run|accepted is uint8|row by row"):
            read_pickle(content)
        with pytest.raises(ArchiveError, match="test_batch: "):
            cifar10(archive=put(small_archive({**small_files(), "test_batch": content})))
    assert not RAN


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x02cos\nsystem\nU\x04true\x85R.", "asks for os.system"),
        (b"\x80\x02cnumpy\nload\nU\x04file\x85R.", "asks for numpy.load"),
        (b"\x80\x02c_codecs\ndecode\nU\x01xU\x04zlib\x86R.", "asks for _codecs.decode"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00xX\x04\x00\x00\x00zlib\x86R.", "encodes by"),
        (b"\x80\x02c_codecs\nencode\n}U\x08__call__U\x01xsb.", "changes a function"),
        (b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}b.", "changes a function"),
        (b"\x80\x02cnumpy\nndarray\n}b.", "damaged"),
        (b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.", "accepted is uint8"),
        (b"\x80\x02ios\nsystem\n.", "INST"),
        (b"\x80\x02\x93.", "STACK_GLOBAL"),
        (b"\x80\x02K\x01Q.", "BINPERSID"),
        (b"\x80\x02K\x01r\xff\xff\xff\x7f.", "memory of 2,147,483,647 places"),
        (b"\x80\x02K\x01", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"T\xff\xff\xff\x7fx.", "damaged"),
        (b"", "damaged"),
        (b"\x80\x02" + b"N0" * 10, "POP"),
        (b"\x80\x02(" + b"N" * 1_000_001 + b"t.", "which no batch does"),
        # Tuples that are keys: one whose hash takes 2^40 steps, one so deep that its hash crashes Python.
        (
            b"\x80\x02}K\x01\x85q\x00" + b"".join(b"h%c\x86q%c" % (i, i + 1) for i in range(40)) + b"K\x01s.",
            "fetches a tuple",
        ),
        (b"\x80\x02}K\x01" + b"\x85" * 900_000 + b"K\x01s.", "more than 20 tuples"),
        # The tuple is still on top after a change of nothing, and would get into the memory that way.
        (b"\x80\x02}K\x01\x85(eq\x00h\x00\x86K\x01s.", "fetches a tuple"),
        (b"\x80\x02}K\x01\x85(uq\x00h\x00\x86K\x01s.", "fetches a tuple"),
        (b"\x80\x02}K\x01\x85}bq\x00h\x00\x86K\x01s.", "fetches a tuple"),
    ],
)
def test_opcodes_that_no_batch_has_are_refused(content, message):
    with pytest.raises(ArchiveError, match=message):
        read_pickle(content)


@examples(300)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content):
    for pickled in (content, b"\x80\x02" + content, official_batch(*pictures(1))[:2900] + content):
        with contextlib.suppress(ArchiveError):
            read_pickle(pickled)


def test_what_is_read_is_inside_the_archive_only(put):
    path = put(SMALL)
    found = read_archive(path, wanted=["readme.html"], folder=FOLDER, largest=1 << 20, total=1 << 22)
    assert found == {"readme.html": b"<html>"}
    with pytest.raises(ArchiveError, match="not in other"):
        read_archive(path, wanted=[], folder="other", largest=1 << 20, total=1 << 22)


def test_lists_in_lists_are_not_written_out_in_an_error():
    """Thirty lists, each twice in the next: written out they fill a disk."""
    lists = b"]q\x00" + b"".join(b"]q%c(h%ch%ce" % (i + 1, i, i) for i in range(30))
    for made in (b"cnumpy\ndtype\nh\x1e\x85R.", b"c_codecs\nencode\nX\x01\x00\x00\x00xh\x1e\x86R."):
        with pytest.raises(ArchiveError) as told:
            read_pickle(b"\x80\x02" + lists + made)
        assert len(str(told.value)) < 2000


def test_batches_with_a_gap_are_refused(put):
    files = small_files()
    files["data_batch_3"] = files.pop("data_batch_2")
    with pytest.raises(ArchiveError, match=r"has data_batch_1, data_batch_3: accepted are batches .* without a gap"):
        cifar10(archive=put(small_archive(files)))


# --- where it is looked for -------------------------------------------------------------------------------------------


def test_offline_the_error_says_what_to_do(tmp_path):
    with pytest.raises(DownloadError, match=r"must not be downloaded(.|\n)*HWLIB_CIFAR10(.|\n)*digits\(\)"):
        cifar10(folder=tmp_path, allow_download=False)
    assert not list(tmp_path.iterdir())


def test_the_folder_is_the_one_for_what_can_be_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("HWLIB_CACHE_DIR", str(tmp_path))
    with pytest.raises(DownloadError, match=re.escape(str(tmp_path / "hwlib-datasets"))):
        cifar10(allow_download=False)


def test_unpacking_twice_at_once_keeps_the_first(tmp_path):
    cifar._unpack({"a": b"1"}, tmp_path / FOLDER)
    cifar._unpack({"a": b"2"}, tmp_path / FOLDER)
    assert (tmp_path / FOLDER / "a").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER], "nothing is left behind"


def test_others_can_read_what_was_unpacked(tmp_path):
    cifar._unpack({"a": b"1"}, tmp_path / FOLDER)
    (tmp_path / "plain").mkdir()
    assert (tmp_path / FOLDER).stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_a_killed_process_left_is_removed_and_what_another_one_writes_is_not(tmp_path):
    left, busy = tmp_path / f"{FOLDER}-1", tmp_path / f"{FOLDER}-2"
    for folder in (left, busy):
        folder.mkdir()
    os.utime(left, (0, 0))
    cifar._unpack({"a": b"1"}, tmp_path / FOLDER)
    assert not left.exists()
    assert busy.exists()


def test_what_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        cifar._unpack({"a": b"1"}, tmp_path / FOLDER)
    assert not list(tmp_path.iterdir())


def test_the_known_checksums_are_of_the_right_form():
    """The archive itself is not here; the values are those that torchvision and Keras publish."""
    assert {name: len(value) for name, value in cifar.CHECKSUMS.items()} == {"md5": 32, "sha256": 64}
