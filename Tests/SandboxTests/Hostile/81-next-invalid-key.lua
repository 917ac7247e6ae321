-- expect: ok
-- A key that is not there is no error: the next in order follows.
local k = next({ a = 1, c = 3 }, 'b')
assert(k == 'c')
