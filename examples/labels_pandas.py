# Labels of the newest decision on each document, with pandas. Argument: folder or abfss:// address of table `results`.
import sys

from deltalake import DeltaTable

columns = ["document_id", "label", "status", "decided_by", "confidence", "processed_at"]
rows = DeltaTable(sys.argv[1], storage_options={"use_azure_cli": "true"}).to_pandas(columns=columns)
newest = rows.sort_values("processed_at").groupby("document_id").tail(1)
labelled = newest[newest.status == "labelled"]
print(labelled.groupby("label").agg(documents=("label", "size"), confidence=("confidence", "mean")).to_csv())
