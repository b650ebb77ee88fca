"""xgboost: trains a classifier on hashed counts and times one-thread scoring; leaves model and matrix for the other side.

Run: python xgboost_peer.py <set.jsonl.gz> <numFeatures> <folder>
"""
import pathlib
import sys

import numpy as np
import xgboost as xgb
from sklearn.feature_extraction.text import HashingVectorizer

from peer import best, read_set, report

path, features, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
train, train_labels, test, _ = read_set(path)
hashing = HashingVectorizer(n_features=features, alternate_sign=False, norm=None, tokenizer=str.split, token_pattern=None)
names = sorted(set(train_labels))
number = {name: k for k, name in enumerate(names)}
x = hashing.transform(train[:3000]).astype(np.float32)
labels = [number[name] for name in train_labels[:3000]]
booster = xgb.train(
    {"objective": "multi:softprob", "num_class": len(names), "max_depth": 6, "tree_method": "hist", "nthread": 2, "max_bin": 16},
    xgb.DMatrix(x, labels), 10,
)
booster.set_param({"nthread": 1})
rows = hashing.transform(test).astype(np.float32)
rows.sort_indices()
matrix = xgb.DMatrix(rows, nthread=1)
seconds = best(lambda: booster.predict(matrix, output_margin=True))
booster.save_model(folder / "model.ubj")
rows.indptr.astype(np.int32).tofile(folder / "indptr.i32")
rows.indices.astype(np.int32).tofile(folder / "indices.i32")
rows.data.astype(np.float32).tofile(folder / "values.f32")
booster.predict(matrix, output_margin=True).astype(np.float32).tofile(folder / "margins.f32")
report("xgboost", path, xgb.__version__, rowsPerSecond=len(test) / seconds)
