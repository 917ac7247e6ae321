-- expect: script
-- Bytecode cannot be made.
string.dump(function() end)
