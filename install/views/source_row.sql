-- view: source_row
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per row of the source that the mart takes: the columns of purchases, and the row itself. data_quality judges duplicates by it; BI tools cannot read this view.
SELECT @purchase_columns@,
	@source_row@ AS source_row
FROM @source@
WHERE @row_condition@
