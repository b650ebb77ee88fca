"""Trains gradient-boosted trees on Spark over the features of a Sluice model, and leaves a booster that the registry loads.

The features are those of a pipeline that `exportSparkPipeline` wrote (tokenizer, hashing, IDF and the order of the labels), so that the
trees see in training what Sluice computes when it scores. Runs on a Synapse Spark pool, on Databricks, or locally:

    python train_xgboost.py --pipeline <folder> --data <file or folder> --output <folder> [--num-workers 2] [--rounds 200]

data: .jsonl or .parquet with the columns --text and --label. Folders may be local or abfss:// addresses.
output: booster.ubj and xgboost.json (labels, width, how absent values are to be taken, parameters, metrics).

Absent entries of a sparse vector are missing values here (enable_sparse_data_optim, missing = 0), as they are when Sluice scores.
"""
import argparse
import json
import tempfile

from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, length, rand, trim
from xgboost.spark import SparkXGBClassifier


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pipeline", required=True, help="exported Spark pipeline whose features are used")
    parser.add_argument("--data", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--text", default="text")
    parser.add_argument("--label", default="label")
    parser.add_argument("--num-workers", type=int, default=2, help="Spark tasks that train together")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--max-depth", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=0.3)
    parser.add_argument("--validation", type=float, default=0.2, help="share of the rows that stops the training early")
    parser.add_argument("--early-stopping-rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--master", help="for example local[2]; default: what the cluster says")
    return parser.parse_args()


def start_spark(master):
    builder = SparkSession.builder.appName("sluice-xgboost")
    if master:
        builder = builder.master(master).config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    return builder.getOrCreate()


def read_examples(spark, path, text, label):
    """Rows with text and label, named as the pipeline wants them."""
    rows = spark.read.parquet(path) if path.rstrip("/").endswith(".parquet") else spark.read.json(path)
    rows = rows.select(col(text).cast("string").alias("text"), col(label).cast("string").alias("label"))
    return rows.where((length(trim(col("text"))) > 0) & col("label").isNotNull())


def split_stages(pipeline):
    """Label indexer, transformers up to the features, names of the labels."""
    names = [type(stage).__name__ for stage in pipeline.stages]
    indexer = pipeline.stages[names.index("StringIndexerModel")]
    end = names.index("LogisticRegressionModel")
    features = [stage for stage, name in zip(pipeline.stages[:end], names) if name != "StringIndexerModel"]
    return indexer, features, list(indexer.labels)


def write_bytes(spark, path, content):
    """One file on whatever file system the path names."""
    jvm = spark.sparkContext._jvm
    target = jvm.org.apache.hadoop.fs.Path(path)
    stream = target.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).create(target, True)
    try:
        stream.write(bytearray(content))
    finally:
        stream.close()


def main():
    arguments = parse_arguments()
    spark = start_spark(arguments.master)
    indexer, features, labels = split_stages(PipelineModel.load(arguments.pipeline))
    rows = read_examples(spark, arguments.data, arguments.text, arguments.label).where(col("label").isin(labels))
    data = indexer.transform(rows)
    for stage in features:
        data = stage.transform(data)
    width = data.select("features").first().features.size
    data = data.select("features", "labelIndex").withColumn("isValidation", rand(arguments.seed) < arguments.validation).cache()
    classifier = SparkXGBClassifier(
        features_col="features", label_col="labelIndex", num_workers=arguments.num_workers,
        validation_indicator_col="isValidation", early_stopping_rounds=arguments.early_stopping_rounds,
        n_estimators=arguments.rounds, max_depth=arguments.max_depth, learning_rate=arguments.learning_rate,
        enable_sparse_data_optim=True, missing=0.0, random_state=arguments.seed,
    )
    model = classifier.fit(data)
    judged = model.transform(data.where(col("isValidation"))).select("labelIndex", "prediction")
    held = judged.count()
    right = judged.where(col("labelIndex") == col("prediction")).count()
    booster = model.get_booster()
    with tempfile.NamedTemporaryFile(suffix=".ubj") as local:
        booster.save_model(local.name)
        write_bytes(spark, f"{arguments.output.rstrip('/')}/booster.ubj", open(local.name, "rb").read())
    description = {
        "labels": labels,
        "width": width,
        "absent": "missing",
        "missing": 0,
        "rounds": "best",
        "rows": data.count(),
        "validationRows": held,
        "validationAccuracy": right / held if held else None,
        "parameters": {
            "rounds": arguments.rounds, "maxDepth": arguments.max_depth, "learningRate": arguments.learning_rate,
            "numWorkers": arguments.num_workers, "seed": arguments.seed,
        },
    }
    # written last: its presence says that the booster is whole
    write_bytes(spark, f"{arguments.output.rstrip('/')}/xgboost.json", json.dumps(description, indent=1).encode())
    print(f"booster of {booster.num_boosted_rounds()} rounds, validation accuracy {description['validationAccuracy']}")
    spark.stop()


if __name__ == "__main__":
    main()
