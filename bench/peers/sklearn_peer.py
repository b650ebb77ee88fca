"""scikit-learn: HashingVectorizer, TfidfTransformer, LogisticRegression(lbfgs, 20 iterations), trained twice: on all columns as they are, and as
equal work: on the columns that occur, standardized, in CPU seconds. For the latter give BLAS one thread (OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1).

Run: python sklearn_peer.py <set.jsonl.gz> <numFeatures>
"""
import sys
import time
import warnings

import sklearn
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from peer import best, read_set, report

warnings.filterwarnings("ignore")
path, features = sys.argv[1], int(sys.argv[2])
train, train_labels, test, test_labels = read_set(path)
hashing = HashingVectorizer(n_features=features, alternate_sign=False, norm=None, tokenizer=str.split, token_pattern=None)
tfidf = TfidfTransformer(norm=None)
x = tfidf.fit_transform(hashing.transform(train))
# the penalty of regParam 0.01 in scikit-learn's scale
model = LogisticRegression(C=1 / (0.01 * len(train)), max_iter=20, solver="lbfgs", tol=1e-6)
started = time.perf_counter()
model.fit(x, train_labels)
train_seconds = time.perf_counter() - started
seconds = best(lambda: model.predict_proba(tfidf.transform(hashing.transform(test))))
accuracy = model.score(tfidf.transform(hashing.transform(test)), test_labels)
occurring = x.getnnz(axis=0) > 0
scaler = StandardScaler(with_mean=False)
equal = scaler.fit_transform(x[:, occurring])
equal_model = LogisticRegression(C=1 / (0.01 * len(train)), max_iter=20, solver="lbfgs", tol=1e-6)
started = time.process_time()
equal_model.fit(equal, train_labels)
equal_seconds = time.process_time() - started
equal_test = scaler.transform(tfidf.transform(hashing.transform(test))[:, occurring])
report("sklearn", path, sklearn.__version__, trainSeconds=train_seconds, documentsPerSecond=len(test) / seconds, testAccuracy=accuracy,
       equalTrainCpuSeconds=equal_seconds, equalTestAccuracy=equal_model.score(equal_test, test_labels))
