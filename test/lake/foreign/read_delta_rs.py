"""Rows of some versions of a Delta table as delta-rs reads them: read_delta_rs.py <table folder> <version>... → JSON on stdout."""
import datetime as dt
import json
import sys

from deltalake import DeltaTable


def cell(value):
    if isinstance(value, dt.datetime):
        text = value.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return (text[:-3] if text.endswith("000") else text) + "Z"
    return value.isoformat() if isinstance(value, dt.date) else value


answers = {}
for version in sys.argv[2:]:
    rows = DeltaTable(sys.argv[1], version=int(version)).to_pyarrow_table().to_pylist()
    answers[version] = [{name: cell(value) for name, value in row.items()} for row in rows]
json.dump(answers, sys.stdout)
