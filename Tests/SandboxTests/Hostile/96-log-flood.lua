-- expect: ok
-- Log lines without end are counted, not kept.
function row(r) for i = 1, 5000 do log.info(string.rep('x', 5000)) end return r end
