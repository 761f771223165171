-- What follows
-- Sentences of mart_findings(): overview, customers, products, trends or about.
-- display: table
-- variable page: text overview, Page
SELECT severity, sentence
FROM mart_findings('MART_NAME', '{}', {{page}})
