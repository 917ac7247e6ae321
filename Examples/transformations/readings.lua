-- One row in, several out: turns the wide weather table into one row per station, hour and quantity.
transform {
  description = "the weather records as single readings",
  input = table_in {
    columns = { temp = "float", humid = "float", pressure = "float" },
    missing = "NA",
    on_bad = "null", -- a cell that is no number counts as not measured
  },
  output = table_out {
    columns = {
      { "origin", "string" },
      { "time_hour", "string" },
      { "quantity", "string" },
      { "value", "float" },
    },
  },
}

local quantities = { "temp", "humid", "pressure" }

function row(r)
  local readings = {}
  for _, quantity in ipairs(quantities) do
    local value = r[quantity]
    if value then readings[#readings + 1] = { quantity = quantity, value = value } end
  end
  return readings
end
