-- frequency: labels of purchase frequencies
\set VERBOSITY default

SELECT d, purchase_frequency_label(d) AS label, purchase_frequency_sort(d) AS sort
FROM unnest(ARRAY[-2147483648, -1, 0, 1, 2, 7, 14, 15, 30, 60, 90, 180, 364, 365, 730, 32767, 32768, 2147483647, NULL]) AS d;
-- each label is read back as the days that it names, and sorts as they do
SELECT d FROM generate_series(1, 3000) AS d
WHERE parse_frequency(purchase_frequency_label(d)) IS DISTINCT FROM d OR purchase_frequency_sort(d) <> d;
SELECT parse_frequency(purchase_frequency_label(2147483647)) AS largest;
-- labels that mean the same fall together
SELECT purchase_frequency_label(parse_frequency(t)) AS label, string_agg(t, ', ' ORDER BY t COLLATE "C") AS texts
FROM unnest(ARRAY['Weekly', 'Fortnightly', 'Bi-Weekly', 'Bi-weekly', 'Monthly', 'Quarterly', 'Every 3 Months', 'Annually', 'Annualy', 'every 12 months']) AS t
GROUP BY 1 ORDER BY min(purchase_frequency_sort(parse_frequency(t)));
