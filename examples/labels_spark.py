# Labels of the newest decision on each document, with Spark. Argument: folder or abfss:// address of table `results`.
import sys

from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
spark.read.format("delta").load(sys.argv[1]).createOrReplaceTempView("results")
newest = "SELECT *, row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC) AS nth FROM results"
labels = spark.sql(f"SELECT label, count(*) AS documents, avg(confidence) AS confidence FROM ({newest}) WHERE nth = 1 AND status = 'labelled' GROUP BY label ORDER BY label")
print("label,documents,confidence", *(",".join(map(str, row)) for row in labels.collect()), sep="\n")
