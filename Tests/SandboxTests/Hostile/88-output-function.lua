-- expect: script gave a function
-- A function as a cell.
function row(r) r.b = print return r end
