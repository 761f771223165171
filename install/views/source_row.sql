-- view: source_row
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per row of the source that the mart takes: the columns of purchases, and the row itself. data_quality judges duplicates by it; BI tools cannot read this view.
-- column has_unread: Whether the row has a value that unread_value shows.
SELECT @purchase_columns@,
	@source_row@ AS source_row,
	(@has_unread@) IS TRUE AS has_unread
FROM @source@
WHERE @row_condition@
