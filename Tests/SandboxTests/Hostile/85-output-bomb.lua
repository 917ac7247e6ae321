-- expect: output
-- Many rows for one.
function row(r)
  local t = {}
  for i = 1, 1000 do t[i] = { b = string.rep('x', 10000) } end
  return t
end
