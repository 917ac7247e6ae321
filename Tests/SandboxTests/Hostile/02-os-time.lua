-- expect: denied
-- The clock.
function row(r) r.a = os.time() return r end
