# Labels of the newest decision on each document, with polars. Argument: folder or abfss:// address of table `results`.
import sys

import polars as pl

rows = pl.scan_delta(sys.argv[1], storage_options={"use_azure_cli": "true"})
newest = rows.sort("processed_at").group_by("document_id").last()
labels = newest.filter(pl.col("status") == "labelled").group_by("label").agg(pl.len().alias("documents"), pl.col("confidence").mean())
print(labels.sort("label").collect().write_csv())
