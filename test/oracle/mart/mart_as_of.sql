-- view: mart_as_of
-- needs: purchased_at
-- key: as_of
SELECT as_of, as_of_end FROM moment
