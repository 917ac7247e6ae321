-- expect: script has no order
-- Keys that only an address could order.
for k in pairs({ [{}] = 1 }) do end
