-- How much revenue does each age group bring, and who is in it?
-- A column chart in the order of age_group_sort.
SELECT age_group, lowest_age, highest_age, customers, revenue
FROM shop.segment_age
ORDER BY age_group_sort;
