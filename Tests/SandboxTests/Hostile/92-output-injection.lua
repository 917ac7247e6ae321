-- expect: ok
-- Quotes and line ends in a cell stay in the cell.
function row(r) r.b = 'x","y\n1,2' return r end
