-- expect: denied
-- Denials are not errors that a script can catch.
pcall(function() io.popen('id') end)
function row(r) return r end
