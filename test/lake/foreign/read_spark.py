"""Rows of some versions of a Delta table as Spark reads them: read_spark.py <table folder> <version>... → JSON on stdout."""
import datetime as dt
import json
import sys

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

builder = (
    SparkSession.builder.master("local[1]").appName("sluice-test")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
)
spark = configure_spark_with_delta_pip(builder).getOrCreate()


def cell(value):
    return value.isoformat() if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else value


answers = {}
for version in sys.argv[2:]:
    frame = spark.read.format("delta").option("versionAsOf", int(version)).load(sys.argv[1])
    for name, kind in frame.dtypes:
        if kind == "timestamp":
            frame = frame.withColumn(name, frame[name].cast("string"))
    answers[version] = [{name: cell(value) for name, value in row.asDict().items()} for row in frame.collect()]
json.dump(answers, sys.stdout)
