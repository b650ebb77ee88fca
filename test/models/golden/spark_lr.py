"""Logistic regressions fitted by real Spark, for test/models/spark-lr.test.ts.

Regenerate: python3 test/models/golden/spark_lr.py test/models/golden/spark-lr.json   (needs pyspark, numpy and Java)
"""
import json, random, sys
from pyspark.sql import SparkSession
from pyspark.ml.linalg import Vectors
from pyspark.ml.classification import LogisticRegression
import pyspark
spark = SparkSession.builder.master('local[1]').config('spark.ui.enabled','false').config('spark.sql.shuffle.partitions','1').config('spark.driver.bindAddress','127.0.0.1').config('spark.driver.host','127.0.0.1').getOrCreate()
spark.sparkContext.setLogLevel('ERROR')
rng = random.Random(12)
def data(n, d, k, density, weighted=False):
    X=[]; y=[]
    centres=[[rng.gauss(0,1.2) for _ in range(d)] for _ in range(k)]
    for i in range(n):
        c=i%k
        row=[round(centres[c][j]+rng.gauss(0,1.5),3) if rng.random()<density else 0.0 for j in range(d)]
        X.append(row); y.append(c if rng.random()<0.85 else rng.randrange(k))
    w=[round(0.25+2*rng.random(),2) for _ in range(n)] if weighted else None
    return X,y,w
cases=[]
def run(name, X, y, w, **p):
    rows=[(float(y[i]), Vectors.dense(X[i]), float(w[i]) if w else 1.0) for i in range(len(X))]
    df=spark.createDataFrame(spark.sparkContext.parallelize(rows,1), ['label','features','w']).cache()
    lr=LogisticRegression(**p)
    if w: lr=lr.setWeightCol('w')
    m=lr.fit(df)
    out=m.transform(df).select('rawPrediction','probability','prediction').collect()
    cases.append(dict(name=name,X=X,y=y,weights=w,params=p,coefficients=[[float(v) for v in r] for r in m.coefficientMatrix.toArray()],intercepts=[float(v) for v in m.interceptVector.toArray()],
      objectiveHistory=list(m.summary.objectiveHistory), totalIterations=m.summary.totalIterations,
      probability=[[float(v) for v in r.probability] for r in out][:20], rawPrediction=[[float(v) for v in r.rawPrediction] for r in out][:20], prediction=[r.prediction for r in out][:20]))
X,y,w=data(90,6,3,0.7)
run('multinomial elastic net', X,y,None, regParam=0.05, elasticNetParam=0.5, maxIter=30)
run('multinomial lasso', X,y,None, regParam=0.03, elasticNetParam=1.0, maxIter=50)
run('multinomial lasso without standardization', X,y,None, regParam=0.03, elasticNetParam=1.0, maxIter=25, standardization=False)
run('multinomial elastic net without intercept', X,y,None, regParam=0.02, elasticNetParam=0.3, maxIter=25, fitIntercept=False)
X,y,w=data(70,5,2,0.9,True)
run('binomial elastic net, weights', X,y,w, regParam=0.04, elasticNetParam=0.4, maxIter=40)
run('binomial lasso, weights', X,y,w, regParam=0.05, elasticNetParam=1.0, maxIter=40)
run('binomial ridge, weights, no standardization', X,y,w, regParam=0.1, maxIter=40, standardization=False)
run('binomial unregularized, tol 1e-9', X,y,w, regParam=0.0, maxIter=60, tol=1e-9)
run('binomial threshold 0.8', X,y,None, regParam=0.01, maxIter=15, threshold=0.8)
run('binomial thresholds', X,y,None, regParam=0.01, maxIter=15, thresholds=[0.3,0.9])
X,y,w=data(80,8,4,0.3,True)
run('multinomial ridge, weights', X,y,w, regParam=0.01, maxIter=20)
run('multinomial thresholds', X,y,None, regParam=0.01, maxIter=15, thresholds=[0.5,0.1,0.2,0.2])
run('multinomial elastic net, sparse, weights', X,y,w, regParam=0.02, elasticNetParam=0.7, maxIter=60)
json.dump(dict(origin='PySpark '+pyspark.__version__+', local[1], one partition', cases=cases), open(sys.argv[1],'w'))
spark.stop()
