"""Writes the golden tables that delta-rs made, and what it reads back from them.

    python3 -m venv venv && venv/bin/pip install deltalake==1.6.6 pyarrow==26.0.1
    venv/bin/python test/lake/golden/make_delta_rs.py test/lake/golden/delta-rs.json

One JSON document: the table's files in base64 by path, and the rows of every version.
Small, text-free tables: partitions with odd values and nulls, appends, a delete, an overwrite, a merge of files,
an added column, a checkpoint followed by more commits, and tombstones.
"""
import base64
import datetime as dt
import json
import pathlib
import sys
import tempfile

import deltalake
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

SCHEMA = pa.schema([
    ("id", pa.int64()), ("small", pa.int32()), ("name", pa.string()), ("score", pa.float64()), ("half", pa.float32()),
    ("ok", pa.bool_()), ("day", pa.date32()), ("at", pa.timestamp("us", tz="UTC")), ("part", pa.string()),
])


def batch(first, count, part):
    ids = list(range(first, first + count))
    return pa.table({
        "id": ids,
        "small": [i * 2 if i % 4 else None for i in ids],
        "name": [f"näme-{i}-" + "x" * (i * 7 % 50) if i % 5 else None for i in ids],
        "score": [i / 8 if i % 3 else None for i in ids],
        "half": [i + 0.5 for i in ids],
        "ok": [i % 2 == 0 if i % 7 else None for i in ids],
        "day": [dt.date(2026, 11, 1) + dt.timedelta(days=i % 3) for i in ids],
        "at": [dt.datetime(2026, 11, 23, 10, 0, 0, 123456 + i, dt.timezone.utc) for i in ids],
        "part": [part] * count,
    }, schema=SCHEMA)


def cell(value):
    if isinstance(value, dt.datetime):
        text = value.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return (text[:-3] if text.endswith("000") else text) + "Z"
    return value.isoformat() if isinstance(value, dt.date) else value


def rows(path, version):
    table = DeltaTable(path, version=version).to_pyarrow_table()
    found = [{k: cell(v) for k, v in row.items()} for row in table.to_pylist()]
    return sorted(found, key=lambda row: row["id"])


def main(target, folder):
    table = str(folder / "table")
    write_deltalake(table, batch(0, 10, "plain"), partition_by=["part"])
    write_deltalake(table, batch(10, 5, "a b/c:ü=1%"), mode="append")
    write_deltalake(table, batch(15, 5, None), mode="append")
    DeltaTable(table).delete("id % 4 = 1")
    wider = batch(20, 4, "plain").append_column("extra", pa.array([1.5, None, 2.5, 3.5], pa.float64()))
    write_deltalake(table, wider, mode="append", schema_mode="merge")
    DeltaTable(table).create_checkpoint()
    write_deltalake(table, batch(30, 3, "plain").append_column("extra", pa.array([None] * 3, pa.float64())), mode="append")
    DeltaTable(table).optimize.compact()
    write_deltalake(table, batch(40, 2, "plain").append_column("extra", pa.array([0.0, -0.0], pa.float64())),
                    mode="overwrite", predicate="part = 'plain'")
    latest = DeltaTable(table).version()
    golden = {
        "writer": f"delta-rs (deltalake {deltalake.__version__})",
        "files": {str(file.relative_to(folder / "table")): base64.b64encode(file.read_bytes()).decode()
                  for file in sorted((folder / "table").rglob("*")) if file.is_file()},
        "versions": {str(version): rows(table, version) for version in range(latest + 1)},
    }
    target.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(scratch))
