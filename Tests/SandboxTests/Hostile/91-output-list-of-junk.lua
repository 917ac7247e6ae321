-- expect: script element 2 is a number
-- A list that holds no rows.
function row(r) return { {}, 7 } end
