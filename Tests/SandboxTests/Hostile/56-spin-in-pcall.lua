-- expect: cpu
-- An endless loop that catches everything.
while true do pcall(function() while true do end end) end
