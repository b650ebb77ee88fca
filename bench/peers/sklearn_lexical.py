"""scikit-learn with the features of the profile `lexical` as near as it has them: HashingVectorizer for words and pairs (2^19 and 2^20 buckets at least)
and for parts of 3 and 4 characters of the first 48 different pieces between white spaces (2^19), TfidfTransformer with sublinear counts and rows of
length 1, LogisticRegression.predict_proba. Rarity is counted on the same rows that are decided, and coefficients are drawn, not learnt: only the time of
deciding is compared. CPU seconds; give BLAS one thread (OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1).

Run: python sklearn_lexical.py <set.jsonl.gz> <rows of the test split>
"""
import sys
import time
import warnings

import numpy
import scipy.sparse
import sklearn
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from peer import read_set, report

BATCH = 1000
PIECES = 48
REPEATS = 3

warnings.filterwarnings("ignore")
path, rows = sys.argv[1], int(sys.argv[2])
_, train_labels, test, _ = read_set(path)
test = test[:rows]
plain = {"alternate_sign": False, "norm": None}
words = HashingVectorizer(n_features=3 * 2**19, ngram_range=(1, 2), token_pattern=r"(?u)\w+", **plain)
parts = HashingVectorizer(n_features=2**19, analyzer="char_wb", ngram_range=(3, 4), preprocessor=lambda text: text, **plain)


def first_pieces(text):
    return " ".join(list(dict.fromkeys(text.lower().split()))[:PIECES])


def count(texts):
    return scipy.sparse.hstack([words.transform(texts), parts.transform([first_pieces(text) for text in texts])], format="csr")


tfidf = TfidfTransformer(sublinear_tf=True).fit(count(test))
model = LogisticRegression()
model.classes_ = numpy.unique(train_labels)
# by columns, as the product wants them: else they are copied at each call
model.coef_ = numpy.random.default_rng(1).normal(size=(2**21, len(model.classes_))).T
model.intercept_ = numpy.zeros(len(model.classes_))
least = float("inf")
for _ in range(REPEATS):
    started = time.process_time()
    for at in range(0, len(test), BATCH):
        model.predict_proba(tfidf.transform(count(test[at : at + BATCH])))
    least = min(least, time.process_time() - started)
report("sklearn", path, sklearn.__version__, documentsPerCpuSecond=len(test) / least)
