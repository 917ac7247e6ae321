-- expect: ok
-- The same for few and for many keys, with whatever else is no table.
local many = {}
for i = 1, 100 do many[i] = i end
for _, keys in ipairs({ { 1, 2, 3 }, many }) do
  for _, value in ipairs({ 'a text', 1.5, true, print, function() end, coroutine.create(print), string.rep('x', 100) }) do
    assert(not pcall(pairs(keys), value, 1))
  end
  assert(not pcall((pairs(keys))))
  assert((pairs(keys))(keys) == 1)
end
