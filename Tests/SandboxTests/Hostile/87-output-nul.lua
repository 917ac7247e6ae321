-- expect: script NUL
-- A NUL byte in a cell.
function row(r) r.b = 'a\0b' return r end
