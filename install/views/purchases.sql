-- view: purchases
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per row of the source that the mart takes: its columns under the names that all views use. Columns of roles that the source has not are NULL.
SELECT @purchase_columns@
FROM @source@
WHERE @row_condition@
