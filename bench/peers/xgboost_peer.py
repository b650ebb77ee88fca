"""xgboost: trains two classifiers and times one-thread scoring; leaves models and matrices for the other side.

`sparse` has hashed counts of the texts, `dense` 50 columns of random numbers. Run: python xgboost_peer.py <set.jsonl.gz> <numFeatures> <folder>
"""
import pathlib
import sys
import time

import numpy as np
import scipy.sparse as sp
import xgboost as xgb
from sklearn.feature_extraction.text import HashingVectorizer

from peer import read_set, report

path, features, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])


def measure(name, train, labels, rows, rounds, classes):
    booster = xgb.train(
        {"objective": "multi:softprob", "num_class": classes, "max_depth": 6, "tree_method": "hist", "nthread": 2, "max_bin": 16},
        xgb.DMatrix(train, labels), rounds,
    )
    booster.set_param({"nthread": 1})
    # predict() answers for a matrix it knows from its cache: a new one each time, made before the clock starts
    matrices = [xgb.DMatrix(rows, nthread=1) for _ in range(3)]
    least = float("inf")
    for matrix in matrices:
        started = time.perf_counter()
        margins = booster.predict(matrix, output_margin=True)
        least = min(least, time.perf_counter() - started)
    out = folder / name
    out.mkdir()
    booster.save_model(out / "model.ubj")
    rows = sp.csr_matrix(rows)
    rows.sort_indices()
    rows.indptr.astype(np.int32).tofile(out / "indptr.i32")
    rows.indices.astype(np.int32).tofile(out / "indices.i32")
    rows.data.astype(np.float32).tofile(out / "values.f32")
    margins.astype(np.float32).tofile(out / "margins.f32")
    return rows.shape[0] / least


texts, text_labels, test, _ = read_set(path)
hashing = HashingVectorizer(n_features=features, alternate_sign=False, norm=None, tokenizer=str.split, token_pattern=None)
number = {label: k for k, label in enumerate(sorted(set(text_labels)))}
counts = hashing.transform(texts[:3000]).astype(np.float32)
sparse = measure("sparse", counts, [number[label] for label in text_labels[:3000]], hashing.transform(test).astype(np.float32), 10, len(number))
rng = np.random.default_rng(3)
numbers = rng.normal(size=(20_000, 50)).astype(np.float32)
dense = measure("dense", numbers, (numbers[:, 0] + numbers[:, 1] * numbers[:, 2] > 0).astype(int) + (numbers[:, 3] > 1), numbers, 30, 3)
report("xgboost", path, xgb.__version__, rowsPerSecond={"sparse": sparse, "dense": dense})
