-- What a discount does
-- Like with like: the difference of the amount with and without a discount.
-- display: table
-- variable scope: text overall, Scope (overall, category, product)
SELECT scope_value, n_discounted, n_full, stratified_mean_full, stratified_difference, stratified_ci_low, stratified_ci_high, verdict
FROM MART.discount_effect
WHERE scope = {{scope}}
ORDER BY abs(stratified_difference) DESC NULLS LAST, scope_value
