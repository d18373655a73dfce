"""Small archives in CIFAR-10's official format, written by Python's own tools, and hostile ones."""

from __future__ import annotations

import io
import pickle
import tarfile

import numpy as np

FOLDER = "cifar-10-batches-py"
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def python2_bytes(text):
    """Opcodes by which Python 2 wrote a text."""
    return b"U" + bytes([len(text)]) + text if len(text) < 256 else b"T" + len(text).to_bytes(4, "little") + text


def official_batch(images, labels):
    """A batch as Python 2's cPickle wrote the official ones, byte by byte: texts are of type str, not unicode."""
    n = len(images)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + b"M" + n.to_bytes(2, "little") + b"M\x00\x0c\x86"
        + b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + python2_bytes(images.tobytes()) + b"tb"
    )  # fmt: skip
    return (
        b"\x80\x02}q\x01("
        + python2_bytes(b"batch_label") + python2_bytes(b"training batch 1 of 5")
        + python2_bytes(b"labels") + b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
        + python2_bytes(b"data") + array
        + python2_bytes(b"filenames") + b"](" + b"".join(python2_bytes(b"leptodactylus_%d.png" % i) for i in range(n))
        + b"eu."
    )  # fmt: skip


def batch(images, labels, **more):
    """A batch as Python 3 writes it with protocol 2, the highest that Python 2 reads."""
    return pickle.dumps({b"data": images.reshape(-1, 3072), b"labels": list(map(int, labels))} | more, protocol=2)


def meta(names=NAMES):
    return pickle.dumps({b"label_names": [name.encode() for name in names]}, protocol=2)


def pictures(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8), rng.integers(0, 10, n)


def small_files(train=4, test=3):
    """The files of an archive with two training batches, the first written by Python 2."""
    return {
        "batches.meta": meta(),
        "data_batch_1": official_batch(*pictures(train, 1)),
        "data_batch_2": batch(*pictures(train, 2)),
        "test_batch": batch(*pictures(test, 3)),
        "readme.html": b"<html>",
    }


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar_bytes(*members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def small_archive(files=None, *more):
    files = small_files() if files is None else files
    return tar_bytes(*(member(f"{FOLDER}/{name}", content) for name, content in files.items()), *more)
