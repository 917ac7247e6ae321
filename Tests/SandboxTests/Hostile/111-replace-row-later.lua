-- expect: ok
-- row is looked up once per piece.
function row(r) rawset(_G, 'row', nil) return r end
