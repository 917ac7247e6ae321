-- expect: script must return nil, a row
-- A text as a row.
function row(r) return 'x' end
