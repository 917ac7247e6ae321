-- expect: script
-- A row with a number as a key.
function row(r) return { [2] = 1 } end
