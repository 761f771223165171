-- view: scored_customer
-- needs: customer_id, amount, purchased_at
-- reads: customer, mart, mart_basis, fitted_model
-- key: customer_id
-- inner
-- The rows of dim_customer, for views that ask for scores or tiers of all of them: parallel workers compute them. dim_customer is for a few customers, or columns without scores.
@scored dim_customer_dated@
