"""A file of rows and columns as named columns, nothing interpreted: text for CSV and TSV, what the file says for Parquet."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from talweg.checks import InputError

SEPARATORS = (",", ";", "\t", "|")

#: Names, as they stand in the file, and their columns; taken from it one by one, so that no column is held twice.
Columns = list[tuple[str, pa.ChunkedArray | pd.Series]]


def columns(path: Path, notes: list[str], *, every_row: bool = False) -> Columns:
    """The columns of a file, which its ending says how to read; what is unusual about it goes to `notes`. Raises InputError as below."""
    return from_parquet(path) if path.suffix.lower() == ".parquet" else from_text(path, notes, every_row=every_row)


def from_text(path: Path, notes: list[str], *, every_row: bool = False) -> Columns:
    """The columns of a CSV or TSV file, as text.

    Its separator is found in the header line, its encoding is UTF-8, UTF-16 with a mark, or else Latin-1. Rows of another length than
    the header are left out, and that is said. Raises InputError for a file that is empty, not text, or has no row that fits; with
    `every_row`, for any row that does not fit.
    """
    encoding = _encoding(path)
    if encoding == "latin-1":
        notes.append("the file is not in UTF-8 and was read as Latin-1")
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        line = next((line for line in file if line.strip()), "")
        if not line:
            raise InputError(f"{path.name}: the file has no line; it needs a header with the names of the columns, and rows")
        file.seek(0)
        separator = "\t" if path.suffix.lower() == ".tsv" else max(SEPARATORS, key=_outside_quotes(line).count)
        names = next(row for row in csv.reader(file, delimiter=separator) if row)
    wrong: list[int] = []

    def leave_out(row: pyarrow.csv.InvalidRow) -> str:
        wrong.append(row.actual_columns)
        return "skip"

    numbered = [str(i) for i in range(len(names))]  # names may occur twice in the file
    try:
        table = pyarrow.csv.read_csv(
            path,
            pyarrow.csv.ReadOptions(column_names=numbered, skip_rows_after_names=1, encoding=encoding, block_size=1 << 22),
            pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=leave_out),
            pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in numbered}, strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeError) as error:
        raise InputError(f"{path.name}: the file cannot be read as a table of text ({_first_line(error)})") from error
    if wrong and not table.num_rows:
        raise InputError(
            f"{path.name}: the header has {len(names)} columns, but no row has as many (the first has {wrong[0]}); mend the header"
        )
    if wrong and every_row:
        raise InputError(
            f"{path.name}: each row needs the header's {len(names)} columns, but {len(wrong):,} have not (the first has {wrong[0]}); "
            "mend them, so that none is left out"
        )
    if wrong:
        notes.append(f"rows of another length than the header ({len(names)} columns) were left out ({len(wrong):,})")
    return list(zip(names, table.columns, strict=True))


def from_parquet(path: Path) -> Columns:
    """The columns of a Parquet file. Raises InputError if it is not one."""
    try:
        table = pyarrow.parquet.ParquetFile(path).read()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputError(f"{path.name}: the file cannot be read as Parquet ({_first_line(error)})") from error
    named = [
        (name, column) for name, column in zip(table.column_names, table.columns, strict=True) if not name.startswith("__index_level_")
    ]
    return [(name, column if pa.types.is_string(column.type) else column.to_pandas()) for name, column in named]


def _encoding(path: Path) -> str:
    """UTF-8 if all of the file is, UTF-16 if it says so, else Latin-1. Raises InputError if it is not text at all."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(1 << 16)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in start:
            raise InputError(f"{path.name}: the file is not text; is its ending ({path.suffix}) right?")
        file.seek(0)
        try:
            while block := file.read(1 << 22):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
