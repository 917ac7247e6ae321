-- expect: script too many results
-- A list as two hundred million values.
table.unpack({}, 1, 2e8)
