-- loyalty: tiers by the number of previous purchases
\set VERBOSITY default

SELECT n, loyalty_tier(n) AS tier, loyalty_tier_sort(n) AS sort,
       loyalty_tier(n, 1, 5) AS other, loyalty_tier_sort(n, 1, 5) AS other_sort
FROM unnest(ARRAY[-9223372036854775808, -1, 0, 1, 2, 4, 5, 10, 11, 50, 9223372036854775807, NULL]) AS n;
SELECT loyalty_tier(5, loyal_from => 5) AS named_argument, loyalty_tier(3::smallint) AS small,
       loyalty_tier(1, 1, 2) AS narrowest, loyalty_tier(9223372036854775806, 9223372036854775806, 9223372036854775807) AS widest;
SELECT num_nulls(loyalty_tier(1, NULL), loyalty_tier(1, 2, NULL), loyalty_tier_sort(1, NULL::bigint)) AS nulls_of_3;
-- as the workflow counts them: New = 1, Returning 2 to 10, Loyal from 11
SELECT n FROM generate_series(1, 1000) AS n
WHERE loyalty_tier(n) <> CASE WHEN n = 1 THEN 'New' WHEN n BETWEEN 2 AND 10 THEN 'Returning' WHEN n >= 11 THEN 'Loyal' END
   OR loyalty_tier_sort(n) <> array_position(ARRAY['New', 'Returning', 'Loyal'], loyalty_tier(n));
SELECT loyalty_tier(5, 0, 5);
SELECT loyalty_tier(5, 5, 5);
SELECT loyalty_tier(5, 6, 5);
SELECT loyalty_tier_sort(-1, -9223372036854775808, 9223372036854775807);

-- any number of tiers, by edges and labels
SELECT n, loyalty_tier(n, '{2,11}'::bigint[], '{New,Returning,Loyal}'::text[]) IS NOT DISTINCT FROM loyalty_tier(n, 2, 11) AS same,
       loyalty_tier_sort(n, '{2,11}'::bigint[]) IS NOT DISTINCT FROM loyalty_tier_sort(n, 2, 11) AS same_sort,
       loyalty_tier(n, '{2,11,50}'::bigint[], '{New,Returning,Loyal,Fan}'::text[]) AS four, loyalty_tier_sort(n, '{2,11,50}'::bigint[]) AS four_sort,
       loyalty_tier(n, '{5}'::bigint[], '{few,many}'::text[]) AS two
FROM unnest(ARRAY[-9223372036854775808, -1, 0, 1, 2, 4, 5, 10, 11, 50, 9223372036854775807, NULL]) AS n;
SELECT num_nulls(loyalty_tier(1, NULL::bigint[], '{a,b}'::text[]), loyalty_tier(1, '{2}'::bigint[], NULL::text[]), loyalty_tier_sort(1, NULL::bigint[])) AS nulls_of_3;
SELECT loyalty_tier(1, '{0}'::bigint[], '{a,b}'::text[]);
SELECT loyalty_tier(1, '{3,3}'::bigint[], '{a,b,c}'::text[]);
SELECT loyalty_tier(1, '{}'::bigint[], '{a}'::text[]);
SELECT loyalty_tier(1, '{2,NULL}'::bigint[], '{a,b,c}'::text[]);
SELECT loyalty_tier(1, '{2,3}'::bigint[], '{a,b}'::text[]);
SELECT loyalty_tier(1, '{2}'::bigint[], '{a,NULL}'::text[]);
SELECT loyalty_tier(1, '{{2},{3}}'::bigint[], '{a,b,c}'::text[]);
SELECT loyalty_tier_sort(1, ARRAY(SELECT i::bigint FROM generate_series(1, 1000) i));
SELECT loyalty_tier_sort(999, ARRAY(SELECT i::bigint FROM generate_series(1, 999) i));
