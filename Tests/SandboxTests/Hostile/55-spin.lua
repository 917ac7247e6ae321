-- expect: cpu script line 4
-- An endless loop.
function row(r)
  while true do end
end
