-- Labels of the newest decision on each document, from a file of `sluice export --format parquet`.
SELECT label, count(*) AS documents, round(avg(confidence), 3) AS confidence,
       count(*) FILTER (WHERE decided_by = 'human') AS by_people
FROM read_parquet('results.parquet')
WHERE status = 'labelled'
GROUP BY label
ORDER BY documents DESC, label;
