"""Spark local[2]: the same pipeline as ours. Run: python spark_peer.py <set.jsonl.gz> <numFeatures>"""
import sys
import time

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import IDF, HashingTF, StringIndexer, Tokenizer
from pyspark.sql import SparkSession
from pyspark.sql.functions import col

from peer import read_set, report

path, features = sys.argv[1], int(sys.argv[2])
train, train_labels, test, test_labels = read_set(path)
spark = (
    SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.memory", "6g")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def frame(texts, labels):
    data = spark.createDataFrame(list(zip(texts, labels)), ["text", "name"]).repartition(2).cache()
    data.count()
    return data


train_data, test_data = frame(train, train_labels), frame(test, test_labels)
featurize = Pipeline(stages=[
    StringIndexer(inputCol="name", outputCol="label"),
    Tokenizer(inputCol="text", outputCol="words"),
    HashingTF(inputCol="words", outputCol="counts", numFeatures=features),
    IDF(inputCol="counts", outputCol="features"),
]).fit(train_data)
ready = featurize.transform(train_data).select("label", "features").cache()
ready.count()
started = time.perf_counter()
model = LogisticRegression(maxIter=20, regParam=0.01).fit(ready)
train_seconds = time.perf_counter() - started
started = time.perf_counter()
right = model.transform(featurize.transform(test_data)).filter(col("prediction") == col("label")).count()
seconds = time.perf_counter() - started
report("spark", path, spark.version, trainSeconds=train_seconds, documentsPerSecond=len(test) / seconds, testAccuracy=right / len(test))
