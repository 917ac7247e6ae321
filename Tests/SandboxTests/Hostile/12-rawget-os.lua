-- expect: ok
-- A raw look at the globals finds nothing.
assert(rawget(_G, 'os') == nil and rawget(_G, 'io') == nil and rawget(_G, 'debug') == nil)
for name in pairs(_G) do assert(name ~= 'require' and name ~= 'package' and name ~= 'dofile') end
